/** The bytes of files, on this node's disk or in an S3-compatible service. */
export { DiskObjects } from "./disk-objects.ts";
export { writeStream, type ObjectStore, type ObjectWriter } from "./object-store.ts";
export { S3Objects } from "./s3-objects.ts";
export { callS3, S3Error, type S3Service } from "./s3-service.ts";
