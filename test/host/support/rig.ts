/** One Proxmox host in a directory: the shipped files with their paths put there, a fake qm, and sshd in front. */
import type { ChildProcess } from "node:child_process"
import { randomUUID } from "node:crypto"
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { budgets } from "./budgets.ts"
import * as Cluster from "./cluster.ts"
import { alive, end, eventually, sweep, under } from "./proc.ts"
import { type Answer, clientArgs, run, startSshd } from "./sshd.ts"

export const shells = ["dash", "bash"] as const
export type Shell = (typeof shells)[number]

/** The identity of a VM holds for the whole machine: every rig has its own, or one would end another's. */
let rigs = 0
const nextVmid = () => String(100_000 + (process.pid % 90_000) * 1000 + rigs++)

const host = resolve(import.meta.dirname, "../../../host")
const here = resolve(import.meta.dirname, "..")
const scripts = ["host", "vm", "cluster", "records", "door", "evidence", "qmp"].map((name) => `breakglass-${name}`)

export interface Options {
  readonly shell: Shell
  /** Keys of host.conf to set beside the short budgets. */
  readonly conf?: Readonly<Record<string, string>>
  /** What stands before the script in the forced command. */
  readonly wrap?: string
  /** Commands run in sshd's own mount namespace before it starts; DIR is the rig's directory. */
  readonly inside?: string
}

export interface Result {
  readonly op: string
  readonly verb: string
  readonly rc: number
  readonly vm: string
}

/** The last line, which is the only one a client may believe. */
export const result = (answer: Answer): Result => {
  const last = answer.stdout.trimEnd().split("\n").at(-1) ?? ""
  const fields = /^breakglass-result op=(\S+) verb=(\S+) rc=(\d+) vm=(\S+) secs=\d+$/.exec(last)
  if (fields === null) throw new Error(`no result in: ${JSON.stringify(answer)}`)
  return { op: fields[1] ?? "", verb: fields[2] ?? "", rc: Number(fields[3]), vm: fields[4] ?? "" }
}

export const phases = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/^breakglass-phase op=\S+ (\S+)$/gm), (match) => match[1] ?? "")

/** A port as /proc/net/tcp writes it. */
export const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0")

export const makeRig = async (options: Options) => {
  if (process.getuid?.() !== 0)
    throw new Error("the host tests need root: sshd, /proc of others, a root-owned directory")
  // Not /tmp: sshd and the selftest refuse what others may write above.
  const dir = mkdtempSync("/run/bg-")
  const vmid = nextVmid()
  chmodSync(dir, 0o755)
  for (const name of ["libexec", "etc", "pve/fault", "pve/vm", "pve/bin"])
    mkdirSync(`${dir}/${name}`, { recursive: true })
  for (const name of scripts) copyFileSync(`${host}/${name}`, `${dir}/libexec/${name}`)
  cpSync(`${here}/fake-qm`, `${dir}/pve/qm`)
  copyFileSync("/usr/bin/perl", `${dir}/pve/bin/kvm`)
  copyFileSync("/usr/bin/perl", `${dir}/pve/bin/notqemu`)
  copyFileSync(`${here}/fake-vm.pl`, `${dir}/pve/fake-vm.pl`)
  const program = (name: string, text: string) =>
    writeFileSync(`${dir}/pve/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  const vm = `${dir}/pve/vm`
  const vmCommand = `setsid -f ${dir}/pve/bin/kvm ${dir}/pve/fake-vm.pl -id ${vmid} -name web,debug-threads=on -pidfile ${vm}/pid -dir ${vm}`
  writeFileSync(`${dir}/pve/vmid`, vmid)
  Cluster.put({ dir, vmid })
  writeFileSync(`${dir}/pve/disk 0,1.raw`, "")
  writeFileSync(`${dir}/pve/files`, `${dir}/pve/disk 0,1.raw\n`)
  program("start-vm", `exec ${vmCommand}`)
  program("reset-vm", `echo 1 >>${dir}/pve/vm/resets`)
  program("stop-vm", 'kill -s KILL "$1"')

  const conf = (changes: Readonly<Record<string, string>> = {}) => {
    const paths = {
      QM: `${dir}/pve/qm`,
      PVE_DIR: `${dir}/pve/etc`,
      QMP_SOCKET: `${dir}/pve/vm/qmp`,
      PVE_TASKS: `${dir}/pve/tasks`,
      LOG: `${dir}/log`
    }
    const dirs = { RUN_DIR: `${dir}/run`, VAR_DIR: `${dir}/var` }
    const all: Record<string, string> = {
      VMID: vmid,
      SSH_USER: "root",
      ...paths,
      ...dirs,
      ...budgets,
      ...options.conf,
      ...changes
    }
    writeFileSync(
      `${dir}/etc/host.conf`,
      Object.entries(all)
        .map(([key, value]) => `${key}=${value}\n`)
        .join("")
    )
  }
  conf()
  const script =
    `${options.wrap ?? ""} /usr/bin/${options.shell} ${dir}/libexec/breakglass-host ${dir}/etc/host.conf`.trim()
  const shipped = (file: string) =>
    readFileSync(`${host}/${file}`, "utf8")
      .replaceAll("/usr/local/libexec/breakglass-host /etc/breakglass/host.conf", script)
      .replaceAll("/etc/breakglass", `${dir}/etc`)
      .replaceAll("192.0.2.2", "127.0.0.1")
  const fragment = shipped("sshd_config.d/20-breakglass.conf").replace("Match User breakglass", "Match User root")
  // A home of its own: bash reads root's .bashrc for every command that sshd starts, and this machine's is not the matter.
  const inside =
    `mkdir -p DIR/home && mount --bind DIR/home /root\nmount --bind DIR/ssh/sshd_config /etc/ssh/sshd_config\n${options.inside ?? ""}\nexec "$@"`.replaceAll(
      "DIR",
      dir
    )
  const ambient = "AcceptEnv LANG LC_*\nSubsystem sftp /usr/lib/openssh/sftp-server\n"
  const sshd = await startSshd(dir, `${ambient}${fragment}`, inside)
  const key = readFileSync(`${dir}/ssh/client.pub`, "utf8").split(" ")[1] ?? ""
  writeFileSync(`${dir}/etc/authorized_keys`, shipped("authorized_keys.example").replace("AAAA-REPLACE-ME", key))

  const read = (file: string) => {
    try {
      return readFileSync(`${dir}/${file}`, "utf8")
    } catch {
      return ""
    }
  }
  const vmPid = () => Number(read("pve/vm/pid")) || 0
  return {
    dir,
    conf,
    program,
    vmid,
    vmCommand,
    /** A file of an operation, in /run and in /var. */
    live: (op: string, file: string) => read(`run/${vmid}/ops/${op}/${file}`),
    kept: (op: string, file: string) => read(`var/${vmid}/ops/${op}/${file}`),
    read,
    port: sshd.port,
    sshdPid: sshd.child.pid,
    args: clientArgs(dir, sshd.port),
    ssh: (request: string, started?: (child: ChildProcess) => void): Promise<Answer> =>
      run("ssh", [...clientArgs(dir, sshd.port), ...(request === "" ? [] : ["--", request])], {
        ...(started && { started })
      }),
    op: () => randomUUID(),
    fault: (verb: string, kind: string) => writeFileSync(`${dir}/pve/fault/${verb}`, `${kind}\n`),
    mend: (verb: string) => rmSync(`${dir}/pve/fault/${verb}`, { force: true }),
    calls: (verb: string) =>
      read("pve/calls")
        .split("\n")
        .filter((line) => line.startsWith(`${verb} `)).length,
    log: () =>
      read("log")
        .split("\n")
        .filter((line) => line !== ""),
    vmPid,
    vmRuns: () => alive(vmPid()),
    /**
     * Nobody is connected and nothing runs but sshd and the VM: every request has come to its end, or never will. Seen three
     * times in a row, as a process that hands over to another can be missed between the two.
     */
    quiet: (seen = 0) =>
      eventually("the host is quiet", () => {
        // Neither TIME_WAIT (06) nor LISTEN (0A).
        const connected = new RegExp(`:${hexPort(sshd.port)} 0100007F:[0-9A-F]{4} (?!06|0A)`)
        const quiet =
          !connected.test(readFileSync("/proc/net/tcp", "utf8")) &&
          under(dir).every(({ pid }) => pid === sshd.child.pid || pid === vmPid())
        seen = quiet ? seen + 1 : 0
        return seen === 3
      }),
    startVm: async () => {
      await run(`${dir}/pve/qm`, ["start", vmid])
      await eventually("the fake VM is up", () => alive(vmPid()))
      rmSync(`${dir}/pve/calls`, { force: true })
      return vmPid()
    },
    [Symbol.asyncDispose]: async () => {
      if (sshd.child.pid !== undefined) end(sshd.child.pid)
      await sweep(dir)
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

export type Rig = Awaited<ReturnType<typeof makeRig>>
