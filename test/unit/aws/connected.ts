import { type CloudClients, type Connection, createClients } from '../../../lib/aws/clients.ts';

/** Clients of one server, that ask once. */
export function connectedTo(endpoints: Connection['endpoints']): CloudClients {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return createClients({
    forcePathStyle: true,
    maxAttempts: 1,
    connection: { region: 'us-east-1', credentials, endpoints },
  });
}
