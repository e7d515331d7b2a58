import { useState } from "react";
import { useChange } from "../../api/index.ts";
import { tokenOfLink, useEnter } from "./enter.ts";
import { LoginFrame } from "./frame.tsx";
import { EmailInput, NewPassword } from "./new-password.tsx";

/** The first page of a new instance: its owner chooses email and password. */
export function SetUpPage() {
  const [token] = useState(tokenOfLink);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const setUp = useChange("setUp");
  const enter = useEnter("/");
  return (
    <LoginFrame
      title="Welcome to Millrace"
      lead="This instance is yours. Choose how you will log in."
      action="Start"
      isBusy={setUp.isPending}
      error={setUp.error}
      onSubmit={() => setUp.mutate({ token, email, password }, { onSuccess: enter })}
    >
      <EmailInput value={email} onChange={setEmail} />
      <NewPassword value={password} onChange={setPassword} />
    </LoginFrame>
  );
}
