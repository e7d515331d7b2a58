import { Page } from "../../ui/index.ts";
import { Builder } from "../builder/index.ts";

export function NewWorkflowPage() {
  return (
    <Page title="New workflow" lead="Add a trigger and some steps, then deploy.">
      <Builder workflow={null} />
    </Page>
  );
}
