/** The entry of the journal's thread. The HOME of each turn is on the same disk, so it is prepared there too. */
import * as Homes from "../core/claude/homes.ts"
import { serve } from "../core/journal/serve.ts"

serve(Homes.make)
