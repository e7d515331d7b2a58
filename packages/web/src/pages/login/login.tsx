import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useChange, useRead } from "../../api/index.ts";
import { Field, TextInput } from "../../ui/index.ts";
import { useEnter } from "./enter.ts";
import { LoginFrame } from "./frame.tsx";

const route = getRouteApi("/login");

export function LoginPage() {
  const { next } = route.useSearch();
  const options = useRead("getLoginOptions", {});
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const logIn = useChange("logIn");
  const enter = useEnter(next);
  const {
    oidc = null,
    password_reset: canReset = false,
    setup_required: needsSetup = false,
  } = options.data?.data ?? {};
  return (
    <LoginFrame
      title="Log in"
      {...(needsSetup && { lead: "This instance is new: open the set-up link that its first start printed." })}
      action="Log in"
      isBusy={logIn.isPending}
      error={logIn.error ?? options.error}
      onSubmit={() => logIn.mutate({ email, password }, { onSuccess: enter })}
      footer={
        options.data?.data.sign_up === "open" && (
          <Link to="/signup" className="text-accent underline">
            Make an account
          </Link>
        )
      }
    >
      <Field label="Email">
        {(ids) => (
          <TextInput
            {...ids}
            type="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <Field label="Password">
        {(ids) => (
          <TextInput
            {...ids}
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      {canReset && (
        <Link to="/forgot" className="text-sm text-accent underline">
          Forgot the password?
        </Link>
      )}
      {oidc !== null && (
        <a
          href={`${oidc.url}?return_to=${encodeURIComponent(next ?? "/")}`}
          className="flex h-9 items-center justify-center rounded-md border text-sm font-medium hover:bg-raised"
        >
          Log in with {oidc.name}
        </a>
      )}
    </LoginFrame>
  );
}
