import { App, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ExtractaUploader } from 'extracta-uploader';

/** Documents of a bucket that another stack owns; what it announces already stays as it is. */
const app = new App();
const stack = new Stack(app, 'Documents');
new ExtractaUploader(stack, 'Uploader', {
  bucket: Bucket.fromBucketName(stack, 'Existing', 'documents-of-our-own'),
  routes: [{ prefix: 'invoices/', suffixes: ['.pdf', '.tif'], classificationId: '-Oabc' }],
});
