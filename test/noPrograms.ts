/** Before each file of `npm run test:unit`: a test that starts a program after all fails, and says so. */
import Child from "node:child_process"
import { syncBuiltinESMExports } from "node:module"

const refuse = (name: string) => () => {
  throw new Error(`a test of the unit tier called ${name}: test/tiers.ts has to see what it imports`)
}
const names = ["spawn", "fork", "exec", "execFile", "spawnSync", "execSync", "execFileSync"]
Object.assign(Child, Object.fromEntries(names.map((name) => [name, refuse(name)])))
syncBuiltinESMExports()
