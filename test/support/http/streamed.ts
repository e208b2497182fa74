/** A stream as a fetch would give it. */
import { get } from "node:http"
import { Readable } from "node:stream"

/**
 * By a connection that is for this alone. Node's fetch, once a stream of its is left, connects again for nothing, and takes
 * the 408 that such a connection gets after its time for the answer to what it sends next.
 */
export const streamed = (url: string, bearer: string): Promise<Response> =>
  new Promise((settle, fail) => {
    get(url, { agent: false, headers: { authorization: `Bearer ${bearer}` } }, (answer) => {
      settle(new Response(Readable.toWeb(answer) as ReadableStream, { status: answer.statusCode ?? 0 }))
    }).once("error", fail)
  })
