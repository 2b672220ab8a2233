import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { UploaderConfig } from '../config/uploader-config.ts';
import { ExtractaUploader, type ExtractaUploaderProps } from './extracta-uploader.ts';
import { propsOf, refusedAsChosen, type StackChoices } from './stack-choices.ts';

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
    const { choices = {} } = props;
    const chosen = propsOf(this, choices);
    this.uploader = refusedAsChosen(
      choices,
      () => new ExtractaUploader(this, 'Uploader', { ...chosen, ...props }),
    );
    this.say({ ...this.whatToDoNext(props), ...this.whatIsWhere(), Choices: JSON.stringify(choices) });
  }

  private whatToDoNext({ routes }: UploaderStackProps): Readonly<Record<string, string>> {
    const { bucket, apiToken, table } = this.uploader;
    const region = `--region ${this.region}`;
    const example = `'s3://${bucket.bucketName}/${exampleKey(routes)}'`;
    return {
      // From a file: an argument stands in the list of processes and in the shell's history.
      Step1SetTheToken: `aws secretsmanager put-secret-value ${region} --secret-id ${apiToken.secretArn} --secret-string file://TOKEN_FILE`,
      Step2UploadAFile: `aws s3 cp ${region} YOUR_FILE ${example}`,
      Step3ReadTheMappings: `aws dynamodb scan ${region} --table-name ${table.tableName} ${ONLY_MAPPINGS}`,
    };
  }

  /** The names that CloudFormation made up: what docs/deploy.md and docs/runbook.md ask for. */
  private whatIsWhere(): Readonly<Record<string, string>> {
    const { bucket, apiToken, table, queue, deadLetterQueue, upload, redrive } = this.uploader;
    return {
      Bucket: bucket.bucketName,
      Ledger: table.tableName,
      Queue: queue.queueUrl,
      DeadLetters: deadLetterQueue.queueUrl,
      ApiToken: apiToken.secretArn,
      UploadFunction: upload.lambda.functionName,
      UploadLog: upload.logs.logGroupName,
      ArrivalsMapping: upload.mapping.eventSourceMappingId,
      RedriveFunction: redrive.lambda.functionName,
      RedriveLog: redrive.logs.logGroupName,
      RedriveSchedule: redrive.schedule.ruleName,
    };
  }

  private say(outputs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
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
