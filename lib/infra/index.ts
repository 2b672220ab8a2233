/** What the package gives a CDK app. */
export { readUploaderConfig } from '../config/config-file.ts';
export {
  type BatchConfig,
  ConfigProblems,
  parseUploaderConfig,
  type RouteConfig,
  type UploaderConfig,
} from '../config/uploader-config.ts';
export { UploaderAlarms, type UploaderAlarmsProps } from './alarms.ts';
export { UploaderDashboard, type UploaderDashboardProps } from './dashboard.ts';
export type { EventKind } from './event-kinds.ts';
export { UploaderEvents, type UploaderEventsProps } from './events.ts';
export {
  type BundleDirectories,
  ExtractaUploader,
  type ExtractaUploaderProps,
  type Source,
  type SourceOptions,
} from './extracta-uploader.ts';
export { UploaderStack, type UploaderStackProps } from './uploader-stack.ts';
