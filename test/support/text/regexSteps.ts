/**
 * How many steps a backtracking matcher takes: a small one of our own that counts, for growth is a fact where time is not.
 * It knows what our patterns use, and throws at anything else.
 */

type Node =
  | { readonly kind: "char"; readonly source: string; readonly is: (char: string) => boolean }
  | { readonly kind: "edge"; readonly holds: (text: string, at: number) => boolean }
  | { readonly kind: "group"; readonly ways: ReadonlyArray<ReadonlyArray<Node>> }
  | { readonly kind: "look"; readonly behind: boolean; readonly not: boolean; readonly of: Node }
  | { readonly kind: "times"; readonly of: Node; readonly least: number; readonly most: number; readonly lazy: boolean }

export const parsed = ({ source, flags }: RegExp) => {
  let at = 0
  const rest = () => source.slice(at)
  const eat = (token: string) => rest().startsWith(token) && ((at += token.length), true)
  const kept = flags.replace(/[gyd]/g, "")
  const char = (text: string): Node => {
    const one = new RegExp(`^${text}$`, kept.replace("m", ""))
    const known = new Map<string, boolean>()
    const is = (it: string) => {
      const answer = known.get(it) ?? one.test(it)
      known.set(it, answer)
      return answer
    }
    return { kind: "char", source: text, is }
  }
  const word = (char: string | undefined) => char !== undefined && /\w/.test(char)
  const boundary = (text: string, place: number) => word(text[place - 1]) !== word(text[place])
  const multi = flags.includes("m")
  const atom = (): Node => {
    const open = /^\((\?(?:[:=!]|<[=!]|<\w+>))?/.exec(rest())
    if (open !== null) {
      at += open[0].length
      const of: Node = { kind: "group", ways: ways() }
      at += 1
      const [, how = ""] = open
      return /[=!]$/.test(how) ? { kind: "look", behind: how.includes("<"), not: how.endsWith("!"), of } : of
    }
    if (eat("\\b")) return { kind: "edge", holds: boundary }
    if (eat("\\B")) return { kind: "edge", holds: (text, place) => !boundary(text, place) }
    if (eat("^")) return { kind: "edge", holds: (text, place) => place === 0 || (multi && text[place - 1] === "\n") }
    if (eat("$"))
      return { kind: "edge", holds: (text, place) => place === text.length || (multi && text[place] === "\n") }
    const [single] =
      /^(?:\[(?:\\.|[^\]\\])*\]|\\u\{\w+\}|\\u\w{4}|\\x\w\w|\\[pP]\{\w+\}|\\c\w|\\.|[^\\])/su.exec(rest()) ?? []
    if (single === undefined || /^\\[1-9k]/.test(single)) throw new Error(`unknown at ${rest()}`)
    at += single.length
    return char(single)
  }
  const sequence = (): ReadonlyArray<Node> => {
    const nodes: Array<Node> = []
    while (at < source.length && !/^[|)]/.test(rest())) {
      const of = atom()
      const times = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/.exec(rest())
      if (times === null) {
        nodes.push(of)
        continue
      }
      at += times[0].length
      const [, sign, from, comma, to] = times
      const least = sign === undefined ? Number(from) : sign === "+" ? 1 : 0
      const most = sign === "?" ? 1 : sign !== undefined || (comma && !to) ? Infinity : Number(to || from)
      nodes.push({ kind: "times", of, least, most, lazy: times[5] === "?" })
    }
    return nodes
  }
  const ways = (): ReadonlyArray<ReadonlyArray<Node>> => {
    const all = [sequence()]
    while (eat("|")) all.push(sequence())
    return all
  }
  const top: Node = { kind: "group", ways: ways() }
  return top
}

/** Steps to look through the whole text, as `replace` and `test` with `g` do. */
export const steps = (pattern: RegExp, text: string, top = parsed(pattern)): number => {
  let count = 0
  type Then = (at: number) => boolean
  const all = (nodes: ReadonlyArray<Node>, from: number, at: number, then: Then): boolean => {
    const node = nodes[from]
    return node === undefined ? then(at) : one(node, at, (next) => all(nodes, from + 1, next, then))
  }
  const one = (node: Node, at: number, then: Then): boolean => {
    count += 1
    switch (node.kind) {
      case "char":
        return at < text.length && node.is(text.charAt(at)) && then(at + 1)
      case "edge":
        return node.holds(text, at) && then(at)
      case "group":
        return node.ways.some((way) => all(way, 0, at, then))
      case "look": {
        const found = node.behind
          ? Array.from({ length: Math.min(at, 2) + 1 }, (_, back) => at - back).some((start) =>
              one(node.of, start, (end) => end === at)
            )
          : one(node.of, at, () => true)
        return found !== node.not && then(at)
      }
      case "times":
        return node.of.kind === "char" ? run(node, node.of, at, then) : again(node, 0, at, then)
    }
  }
  type Times = Extract<Node, { kind: "times" }>
  const run = ({ least, most, lazy }: Times, of: Extract<Node, { kind: "char" }>, at: number, then: Then): boolean => {
    const fits = (place: number) => ((count += 1), place < text.length && of.is(text.charAt(place)))
    let end = at
    if (lazy) {
      for (; end - at < least; end++) if (!fits(end)) return false
      for (; ; end++) {
        if (then(end)) return true
        if (end - at >= most || !fits(end)) return false
      }
    }
    while (end - at < most && fits(end)) end++
    for (; end - at >= least; end--) if (((count += 1), then(end))) return true
    return false
  }
  const again = (node: Times, done: number, at: number, then: Then): boolean => {
    const more = () => done < node.most && one(node.of, at, (next) => next > at && again(node, done + 1, next, then))
    if (done < node.least) return more()
    return node.lazy ? then(at) || more() : more() || then(at)
  }
  for (let at = 0; at <= text.length;) {
    let end = at
    const found = one(top, at, (next) => ((end = next), true))
    if (found && !/[gy]/.test(pattern.flags)) break
    at = Math.max(end, at + 1)
  }
  return count
}

/** What could make it work hard: its own words and characters, over and over, behind a beginning of it. */
export const hostile = (top: Node): ReadonlyArray<readonly [head: string, unit: string, tail: string]> => {
  const words = new Set<string>()
  const sample = (node: Node): string => {
    switch (node.kind) {
      case "char":
        return some.find(node.is) ?? ""
      case "group": {
        const made = node.ways.map((way) => way.map(sample))
        for (const parts of made) for (const upTo of parts.keys()) words.add(parts.slice(0, upTo + 1).join(""))
        return made[0]?.join("") ?? ""
      }
      case "times":
        return sample(node.of).repeat(Math.min(Math.max(node.least, 1), 40))
      case "look":
        return node.not ? (sample(node.of), "") : sample(node.of)
      case "edge":
        return ""
    }
  }
  sample(top)
  const units = [...new Set([...words, "a", "0", " ", ".", "-", "\\", '"', "/", "@", "\n", "aB ", "a."])].filter(
    Boolean
  )
  const heads = ["", ...[...words].slice(0, 12)]
  return heads.flatMap((head) =>
    units.slice(0, 40).flatMap((unit) => ["", "\n!"].map((tail) => [head, unit, tail] as const))
  )
}

const some = [
  ..."aA0 -_./:=@\"'\\+,;|#`*$()[]{}<>!?%&~^",
  "\n",
  "\r",
  "\t",
  "é",
  "\u0000",
  "\u202E",
  "\uFFFD",
  "😀",
  "\uD800"
]
