/** How many can read one log at once: of those who came, the ones to whom a turn gets. */
import { row } from "../report/Figure.ts"
import { attachAll, emit } from "../server/turns.ts"

export const readers = row(
  "readers",
  { at_once: { what: "readers of one log at once", unit: "", better: "more", wanted: { value: 500 } } },
  async ({ start }) => {
    const server = await start()
    const session = await server.session()
    const there = await attachAll(server, session, 500)
    await emit(server, session, there, { count: 10 })
    return { at_once: there.filter(({ open }) => open).length }
  }
)
