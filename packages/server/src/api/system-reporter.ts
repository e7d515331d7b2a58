import type { ReplyOf, systemOperations } from "@millrace/contract";

/** Looks at the instance when somebody asks how it is. @throws ApiError `unavailable` */
export interface SystemReporter {
  report(): Promise<ReplyOf<typeof systemOperations.getSystem>["data"]>;
}
