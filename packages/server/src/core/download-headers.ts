/**
 * Headers of a file that is sent: always as a download and never as a page, since the bytes are a stranger's.
 */
export function downloadHeaders(file: {
  mimetype: string;
  sizeBytes: number;
  filename: string;
}): Record<string, string> {
  const [mediaType = ""] = file.mimetype.split(";", 1);
  return {
    "content-type": /^[\w.+-]+\/[\w.+-]+$/.test(mediaType) ? mediaType : "application/octet-stream",
    "content-length": String(file.sizeBytes),
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.filename || "file")}`,
    "content-security-policy": "sandbox",
    "x-content-type-options": "nosniff",
  };
}
