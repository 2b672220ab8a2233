import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { UploaderConfig } from '../config/uploader-config.ts';
import { ExtractaUploader, type ExtractaUploaderProps } from './extracta-uploader.ts';
import { propsOf, type StackChoices } from './stack-choices.ts';

export interface UploaderStackProps extends StackProps, ExtractaUploaderProps {
  /** What is named and not built: existing resources, and plain numbers. Default: nothing. */
  readonly choices?: StackChoices | undefined;
}

/** The uploader as a stack of its own; its outputs say what to do next. */
export class UploaderStack extends Stack {
  readonly uploader: ExtractaUploader;

  constructor(scope: Construct, id: string, props: UploaderStackProps) {
    super(scope, id, {
      description: "Uploads documents from an S3 bucket to Extracta's document classification, each one once",
      ...props,
    });
    this.uploader = new ExtractaUploader(this, 'Uploader', {
      ...propsOf(this, props.choices ?? {}),
      ...props,
    });
    this.sayWhatToDoNext(props);
  }

  private sayWhatToDoNext({ routes }: UploaderStackProps): void {
    const { bucket, apiToken, table, deadLetterQueue } = this.uploader;
    const region = `--region ${this.region}`;
    const example = `'s3://${bucket.bucketName}/${exampleKey(routes)}'`;
    const steps = {
      Step1SetTheToken: `aws secretsmanager put-secret-value ${region} --secret-id ${apiToken.secretArn} --secret-string "$EXTRACTA_API_TOKEN"`,
      Step2UploadAFile: `aws s3 cp ${region} YOUR_FILE ${example}`,
      Step3ReadTheMappings: `aws dynamodb scan ${region} --table-name ${table.tableName} ${ONLY_MAPPINGS}`,
      Bucket: bucket.bucketName,
      Ledger: table.tableName,
      DeadLetters: deadLetterQueue.queueUrl,
    };
    for (const [name, value] of Object.entries(steps)) new CfnOutput(this, name, { value });
  }
}

const ONLY_MAPPINGS = [
  `--filter-expression 'attribute_exists(#mapping)'`,
  `--projection-expression '#arrival.#key,#mapping'`,
  `--expression-attribute-names '{"#arrival":"arrival","#key":"key","#mapping":"mapping"}'`,
].join(' ');

/** A key that the first route takes, fit to stand between single quotes. */
function exampleKey(routes: UploaderConfig['routes']): string {
  const { prefix = '', suffixes = ['.pdf'] } = routes[0] ?? {};
  const folder = prefix === '' ? 'first-folder/' : prefix;
  return `${folder}invoice${suffixes[0]}`.replaceAll("'", "'\\''");
}
