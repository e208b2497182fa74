/** What the server is given for ssh: it adds the port, notes what was asked, and loses the connection on request. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import type { Rig } from "../../host/support/rig.ts"

/** ssh with another port and more patience: it takes the first value it reads (ssh_config(5)). */
export const makeShim = ({ dir, port }: Rig) => {
  const shim = `${dir}/shim`
  const file = `${shim}/ssh`
  mkdirSync(shim)
  writeFileSync(`${shim}/port`, String(port))
  writeFileSync(`${shim}/sent`, "")
  writeFileSync(`${shim}/patient`, "")
  writeFileSync(
    file,
    `#!/bin/sh
env >${shim}/env
end=$(printf '\\036') line="$$ "
for word; do line=$line$word$end; done
printf '%s\\n' "$line" >>${shim}/sent
[ ! -e ${shim}/target ] || read -r address at <${shim}/target
case "$*" in *"@\${address:-none} "*)
  [ ! -e ${shim}/login ] || { read -r login <${shim}/login; set -- $login "$@"; }
  exec /usr/bin/ssh -p "$at" "$@" ;;
esac
[ ! -e ${shim}/warn ] || cat ${shim}/warn >&2
[ ! -e ${shim}/extra ] || { read -r extra <${shim}/extra; set -- $extra "$@"; }
[ ! -e ${shim}/patient ] || set -- -o ConnectTimeout=30 "$@"
read -r port <${shim}/port
[ ! -e ${shim}/cut ] || exec perl ${shim}/cut.pl "$(cat ${shim}/cut)" /usr/bin/ssh -p "$port" "$@"
exec /usr/bin/ssh -p "$port" "$@"
`
  )
  chmodSync(file, 0o755)
  writeFileSync(
    `${shim}/cut.pl`,
    `my ($phase, @ssh) = @ARGV;
$| = 1;
my $pid = open my $out, "-|", @ssh;
while (<$out>) {
  if (/^breakglass-phase \\S+ $phase$/) { kill KILL => $pid; kill KILL => $$ }
  print;
}
close $out;
exit($? & 127 ? 255 : $? >> 8);
`
  )
  const sent = () =>
    readFileSync(`${shim}/sent`, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => {
        const [pid, words = ""] = line.split(/ (.*)/, 2)
        const args = words.slice(0, -1).split("\u001e")
        return { pid: Number(pid), args, request: args.at(-1) ?? "" }
      })
  return {
    file,
    sent,
    /** Names of what the newest was given, without those a shell makes. */
    env: () =>
      readFileSync(`${shim}/env`, "utf8")
        .split("\n")
        .flatMap((line) => line.match(/^\w+(?==)/) ?? [])
        .filter((name) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name))
        .sort(),
    /** How often the host was asked this of this operation. */
    count: (verb: string, op_id: string) => sent().filter(({ request }) => request === `${verb} ${op_id}`).length,
    /** Requests that change the VM, whoever's. */
    changing: () => sent().filter(({ request }) => /^(cycle|reset|start|stop) /.test(request)).length,
    /** An ssh to this address is the Observer's to the target, whose port 22 this is. */
    forTarget: (address: string, port: number) => writeFileSync(`${shim}/target`, `${address} ${port}\n`),
    /** Words that ssh is given before the server's own on its way to the target. */
    toTarget: (words: string) => writeFileSync(`${shim}/login`, `${words}\n`),
    /** ssh waits for the host as long as the server says, and no longer. */
    hurry: () => rmSync(`${shim}/patient`, { force: true }),
    /** Words that ssh is given before the server's own; null for none. */
    extra: (words: string | null) =>
      words === null ? rmSync(`${shim}/extra`, { force: true }) : writeFileSync(`${shim}/extra`, `${words}\n`),
    /** Every ssh says this first, on stderr. */
    warn: (words: string) => writeFileSync(`${shim}/warn`, `${words}\r\n`),
    port: (to: number) => writeFileSync(`${shim}/port`, String(to)),
    /** The connection is lost when the host says this phase. */
    cutAt: (phase: string | null) =>
      phase === null ? rmSync(`${shim}/cut`, { force: true }) : writeFileSync(`${shim}/cut`, phase)
  }
}
