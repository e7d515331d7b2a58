import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useChange } from "../../api/index.ts";
import { useEnter } from "./enter.ts";
import { LoginFrame } from "./frame.tsx";
import { EmailInput, NewPassword } from "./new-password.tsx";

export function SignUpPage() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signUp = useChange("signUp");
  const enter = useEnter("/");
  return (
    <LoginFrame
      title="Make an account"
      action="Sign up"
      isBusy={signUp.isPending}
      error={signUp.error}
      onSubmit={() => signUp.mutate({ email, password }, { onSuccess: enter })}
      footer={
        <Link to="/login" className="text-accent underline">
          Log in instead
        </Link>
      }
    >
      <EmailInput value={email} onChange={setEmail} />
      <NewPassword value={password} onChange={setPassword} />
    </LoginFrame>
  );
}
