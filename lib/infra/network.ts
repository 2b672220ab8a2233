import {
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { Effect, Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { DEFAULT_EXTRACTA_URL } from '../config/uploader-config.ts';
import type { ExtractaUploaderProps } from './extracta-uploader-props.ts';

/** Where both functions run, as `Function` takes it. */
export interface Network {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection | undefined;
  readonly securityGroups: ISecurityGroup[];
}

/** The network that was asked for; undefined where none was. */
export function networkOf(scope: Construct, props: ExtractaUploaderProps): Network | undefined {
  const { vpc, vpcSubnets, securityGroups } = props;
  if (vpc === undefined) return undefined;
  return { vpc, vpcSubnets, securityGroups: securityGroups ?? [wayOut(scope, vpc, props.extractaUrl)] };
}

/** To anywhere: Extracta documents no addresses, and AWS's endpoints have many. DNS is the VPC's own, and always open. */
function wayOut(scope: Construct, vpc: IVpc, extractaUrl = DEFAULT_EXTRACTA_URL): SecurityGroup {
  const group = new SecurityGroup(scope, 'WayOut', {
    vpc,
    description: 'The functions of the Extracta uploader: AWS and Extracta out, nothing in',
    allowAllOutbound: false,
  });
  const ports = new Set([443, Number(new URL(extractaUrl).port || 443)]);
  for (const port of ports) group.addEgressRule(Peer.anyIpv4(), Port.tcp(port), 'AWS and Extracta');
  return group;
}

/** What Lambda itself does with a function's role before the function runs. */
export const NETWORK_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * Lambda's right to plug the function into the network: on every resource, since interfaces have no ids before they are
 * made, and Describe actions know none.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function plugIn(): PolicyStatement {
  return new PolicyStatement({ sid: 'LambdaPlugsItIn', actions: NETWORK_ACTIONS, resources: ['*'] });
}

/**
 * The same, denied to the function's code, which is no party to it. In a policy of its own, outside of the role: it names
 * the function, which waits for the role's other policy.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
 */
export function denyToCode(scope: Construct, id: string, lambda: Lambda, role: Role): Policy {
  const denied = new PolicyStatement({
    sid: 'CodeDoesNot',
    effect: Effect.DENY,
    actions: NETWORK_ACTIONS,
    resources: ['*'],
    conditions: { ArnEquals: { 'lambda:SourceFunctionArn': lambda.functionArn } },
  });
  return new Policy(scope, id, { roles: [role], statements: [denied] });
}
