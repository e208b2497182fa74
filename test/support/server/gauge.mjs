/** Loaded into a server by NODE_OPTIONS: on SIGUSR2 it collects its garbage and says on stderr what is left. */
import v8 from "node:v8"
import vm from "node:vm"

v8.setFlagsFromString("--expose-gc")
const gc = vm.runInNewContext("gc")

process.on("SIGUSR2", () => {
  gc()
  setImmediate(() => {
    gc()
    const { heapUsed, external } = process.memoryUsage()
    const resources = process.getActiveResourcesInfo().sort().join(" ")
    process.stderr.write(`gauge ${JSON.stringify({ heap: heapUsed + external, resources })}\n`)
  })
})
