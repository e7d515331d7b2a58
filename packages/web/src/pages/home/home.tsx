import { Empty, Page } from "../../ui/index.ts";

export function HomePage() {
  return (
    <Page title="Home">
      <Empty title="Nothing yet" />
    </Page>
  );
}
