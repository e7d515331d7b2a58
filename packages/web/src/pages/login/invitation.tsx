import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { callApi, useChange } from "../../api/index.ts";
import { useSession } from "../../shell/index.ts";
import { ErrorNote, Loading } from "../../ui/index.ts";
import { DeadInvitation, isDeadLink } from "./dead-link.tsx";
import { tokenOfLink, useEnter } from "./enter.ts";
import { LoginFrame } from "./frame.tsx";
import { EmailInput, NewPassword } from "./new-password.tsx";

/** An invitation to a workspace: accepted by who is logged in, or by signing up. */
export function InvitationPage() {
  const [token] = useState(tokenOfLink);
  const invitation = useQuery({
    queryKey: ["describeInvitation", token],
    queryFn: () => callApi("describeInvitation", { token }),
    retry: false,
  });
  const session = useSession();
  const [password, setPassword] = useState("");
  const accept = useChange("acceptInvitation");
  const signUp = useChange("signUp");
  const enter = useEnter("/");
  if (invitation.isLoading || session.isLoading) return <Loading />;
  if (isDeadLink(invitation.error) || isDeadLink(accept.error)) return <DeadInvitation />;
  if (invitation.data === undefined) {
    return (
      <main className="mx-auto max-w-md p-10">
        <ErrorNote error={invitation.error} onRetry={() => void invitation.refetch()} />
      </main>
    );
  }
  const { email, role, workspace_name: workspace } = invitation.data.data;
  const isKnown = session.data?.user.email === email;
  const submit = (): void => {
    if (isKnown) accept.mutate({ token }, { onSuccess: () => location.assign("/") });
    else signUp.mutate({ invitation_token: token, password }, { onSuccess: enter });
  };
  return (
    <LoginFrame
      title={`Join ${workspace}`}
      lead={`You are invited as ${role}.`}
      action={isKnown ? "Join" : "Make an account and join"}
      isBusy={accept.isPending || signUp.isPending}
      error={accept.error ?? signUp.error}
      onSubmit={submit}
    >
      <EmailInput value={email} isFixed onChange={() => undefined} />
      {!isKnown && <NewPassword value={password} onChange={setPassword} />}
    </LoginFrame>
  );
}
