import { useState } from "react";
import { useChange } from "../../api/index.ts";
import { DeadResetLink, isDeadLink } from "./dead-link.tsx";
import { tokenOfLink, useEnter } from "./enter.ts";
import { LoginFrame } from "./frame.tsx";
import { EmailInput, NewPassword } from "./new-password.tsx";

/** Sets a new password with a mailed link. */
export function ResetPage() {
  const [token] = useState(tokenOfLink);
  const [password, setPassword] = useState("");
  const reset = useChange("resetPassword");
  const enter = useEnter("/");
  if (token === "" || isDeadLink(reset.error)) return <DeadResetLink />;
  return (
    <LoginFrame
      title="Choose a new password"
      lead="All other browsers will be logged out."
      action="Set password"
      isBusy={reset.isPending}
      error={reset.error}
      onSubmit={() => reset.mutate({ token, password }, { onSuccess: enter })}
    >
      <NewPassword value={password} onChange={setPassword} />
    </LoginFrame>
  );
}

/** Has such a link mailed. */
export function ForgotPage() {
  const [email, setEmail] = useState("");
  const request = useChange("requestPasswordReset");
  return (
    <LoginFrame
      title="Forgot the password?"
      lead={
        request.isSuccess
          ? "If there is such an account, a link is on its way to it."
          : "We mail you a link by which you can choose a new one."
      }
      action="Send the link"
      isBusy={request.isPending}
      error={request.error}
      onSubmit={() => request.mutate({ email })}
    >
      <EmailInput value={email} onChange={setEmail} />
    </LoginFrame>
  );
}
