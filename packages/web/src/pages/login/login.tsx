export function LoginPage() {
  return <main>Log in</main>;
}
