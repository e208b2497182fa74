/** Small disks, mounted for a test. Needs root; without it these tests say that they are skipped. */
import { execFileSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Disk {
  readonly path: string
  /** Writes until not one byte more goes on it. */
  readonly fill: () => void
  readonly free: () => void
  readonly readOnly: (yes: boolean) => void
  readonly unmount: () => void
}

export const mounted = (size: string): Disk => {
  const path = mkdtempSync(join(tmpdir(), "breakglass-disk-"))
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "tmpfs", path])
  const filler = join(path, "filler")
  return {
    path,
    fill: () => {
      const file = openSync(filler, "a")
      for (const piece of [65_536, 4096, 1]) while (wrote(file, piece)) continue
      closeSync(file)
    },
    free: () => rmSync(filler, { force: true }),
    readOnly: (yes) => void execFileSync("mount", ["-o", `remount,${yes ? "ro" : "rw"}`, path]),
    unmount: () => {
      execFileSync("umount", ["-l", path])
      rmdirSync(path)
    }
  }
}

const wrote = (file: number, bytes: number): boolean => {
  try {
    return writeSync(file, Buffer.alloc(bytes)) > 0
  } catch {
    return false
  }
}

/** Root can, or its test fails. */
export const canMount: boolean = process.getuid?.() === 0
