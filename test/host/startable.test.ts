/** A cycle is only begun when a start can follow the stop, as far as can be seen; a doubt leaves the VM as it is. */
import { assert, describe, it } from "@effect/vitest"
import { rmSync, writeFileSync } from "node:fs"
import { move, withoutQuorum } from "./support/cluster.ts"
import { eventually } from "./support/proc.ts"
import { makeRig, phases, result, type Rig, shells } from "./support/rig.ts"

/** stat(1) that never answers for the cluster's link, as everything on a pmxcfs that is stuck. */
const stuck = `cp /usr/bin/stat DIR/stat.real
printf '#!/bin/sh\ncase "$*" in */etc/local) exec sleep 90 ;; esac\nexec DIR/stat.real "$@"\n' >DIR/stat
chmod 755 DIR/stat
mount --bind DIR/stat /usr/bin/stat`

const disk = (rig: Rig, path: string) => writeFileSync(`${rig.dir}/pve/files`, `${path}\n`, { flag: "a" })

type Row = readonly [what: string, reason: string, words: RegExp, spoil: (rig: Rig) => void, inside?: string]
const rows: ReadonlyArray<Row> = [
  ["there is no quorum", "no_quorum", /the cluster has no quorum/, withoutQuorum],
  ["the cluster's files do not answer", "cluster_hangs", /does not answer/, () => {}, stuck],
  ["qm hangs", "qm_hangs", /qm does not answer within 2s/, (rig) => rig.fault("all", "hang")],
  ["all of qm fails", "qm_fails", /showcmd failed: got timeout/, (rig) => rig.fault("all", "fail")],
  ["qm cannot make the command", "qm_fails", /showcmd failed/, (rig) => rig.fault("showcmd", "fail")],
  ["a disk is gone", "disk_missing", /not there: \S+\/gone\.iso/, (rig) => disk(rig, `${rig.dir}/pve/gone.iso`)],
  ["its config is on another node", "elsewhere", /it is on node b/, (rig) => move(rig, "b")]
]

describe.each(shells)(
  "a cycle that could not end running, under %s",
  { timeout: 120_000, concurrent: true },
  (shell) => {
    for (const [what, reason, words, spoil, inside = ""] of rows)
      it(`is refused when ${what}: the VM runs on, and reset is offered and works`, async () => {
        await using rig = await makeRig({ shell, inside, conf: { CHECK_SECS: "2", STATUS_SECS: "1", PROBE_SECS: "1" } })
        const before = await rig.startVm()
        spoil(rig)
        const op = rig.op()
        const answer = await rig.ssh(`cycle ${op}`)
        assert.deepStrictEqual([answer.code, result(answer)], [2, { op, verb: "cycle", rc: 2, vm: "running" }])
        const [line = ""] =
          new RegExp(`^breakglass-refused op=${op} reason=${reason} .*$`, "m").exec(answer.stdout) ?? []
        for (const part of [words, /Use reset/, /Nothing was changed\.$/]) assert.match(line, part, answer.stdout)
        assert.deepStrictEqual(phases(answer.stdout), ["accepted", "done"])
        assert.deepStrictEqual([rig.vmPid(), rig.vmRuns(), rig.calls("stop")], [before, true, 0])
        await eventually("it is on record", () =>
          rig.log().some((one) => one.includes(`${op} verb=cycle END rc=2 vm=running`))
        )
        const reset = await rig.ssh(`reset ${rig.op()}`)
        assert.deepStrictEqual([reset.code, result(reset).vm, rig.vmPid()], [0, "running", before], reset.stdout)
        assert.strictEqual(rig.read("pve/vm/resets"), "1\n")
      })

    it("is not asked of a stop, nor of a cycle of what is off: neither has anything to lose", async () => {
      await using rig = await makeRig({ shell })
      await rig.startVm()
      rig.fault("showcmd", "fail")
      const stop = await rig.ssh(`stop ${rig.op()}`)
      assert.deepStrictEqual([stop.code, result(stop).vm], [0, "stopped"])
      const cycle = await rig.ssh(`cycle ${rig.op()}`)
      assert.deepStrictEqual([cycle.code, result(cycle).vm, rig.calls("showcmd")], [0, "running", 0])
    })

    it("looks for no disk where there is no path, and for one with blanks and commas by its whole name", async () => {
      await using rig = await makeRig({ shell })
      await rig.startVm()
      assert.match(rig.read("pve/files"), / 0,1\.raw\n$/)
      const cycle = await rig.ssh(`cycle ${rig.op()}`)
      assert.deepStrictEqual([cycle.code, rig.calls("showcmd")], [0, 1], cycle.stdout)
      rmSync(rig.read("pve/files").trimEnd())
      const refused = await rig.ssh(`cycle ${rig.op()}`)
      assert.deepStrictEqual([refused.code, rig.vmRuns()], [2, true])
      assert.match(refused.stdout, /is not there: \S+ 0,1\.raw\. /)
    })
  }
)
