import { Page } from "../../ui/index.ts";
import { Builder } from "../builder/builder.tsx";

export function NewWorkflowPage() {
  return (
    <Page title="New workflow" lead="Add a trigger and some steps, then deploy.">
      <Builder workflow={null} />
    </Page>
  );
}
