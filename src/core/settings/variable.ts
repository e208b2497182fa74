/** One environment variable: how it is read, the one line that says what is wrong with it, and its row in the documentation. */
import { Config as C, Effect, Option, Redacted, Schema } from "effect"

/** One line: the variable, what it was given, what was expected. */
export class ConfigRefused extends Schema.TaggedError<ConfigRefused>()("ConfigRefused", { message: Schema.String }) {}

export interface Variable<A> {
  readonly name: string
  /** The older name, which is read too. */
  readonly older: string | null
  /** The default, as the documentation says it. */
  readonly fallback: string
  /** What it is for, as the documentation says it. */
  readonly about: string
  readonly read: Effect.Effect<A, ConfigRefused>
}

interface Described {
  readonly about: string
  readonly older?: string
  /** The default in words, where it is not a value. */
  readonly otherwise?: string
}
interface Shape {
  readonly pattern: RegExp
  /** What fits the pattern, in words. */
  readonly expected: string
}

export const word = (name: string, options: Described & Shape & { readonly fallback: string }): Variable<string> =>
  variable(name, { otherwise: `\`${options.fallback}\``, ...options }, ({ value, refuse }) => {
    const word = value === "" ? options.fallback : value
    return options.pattern.test(word) ? Effect.succeed(word) : refuse(options.expected)
  })

export const optionalWord = (name: string, options: Described & Shape): Variable<string | null> =>
  variable(name, options, ({ value, refuse }) => {
    if (value === "") return Effect.succeed(null)
    return options.pattern.test(value) ? Effect.succeed(value) : refuse(options.expected)
  })

export const required = (name: string, options: Described & { readonly expected: string }): Variable<string> =>
  variable(name, { otherwise: "required", ...options }, ({ value }) =>
    value === "" ? refused(`${name} is not set; expected ${options.expected}`) : Effect.succeed(value)
  )

interface Whole extends Described {
  readonly fallback: number
  readonly least: number
  readonly most: number
}

export const whole = (name: string, options: Whole): Variable<number> => {
  const { fallback, least, most } = options
  return variable(name, { otherwise: `\`${fallback}\``, ...options }, ({ value, refuse }) => {
    const number = value === "" ? fallback : Number(value)
    const fits = /^([0-9]{1,9})?$/.test(value) && number >= least && number <= most
    return fits ? Effect.succeed(number) : refuse(`a whole number from ${least} to ${most}`)
  })
}

interface Items<A> extends Described {
  /** An item of the list, or null when that is none. */
  readonly item: (text: string) => A | null
  readonly expected: string
}

/** Comma separated; null when it is not set. */
export const list = <A>(name: string, options: Items<A>): Variable<ReadonlyArray<A> | null> =>
  variable(name, options, ({ name, value }) => {
    if (value === "") return Effect.succeed(null)
    const texts = value.split(",").map((text) => text.trim())
    return Effect.forEach(
      texts.filter((text) => text !== ""),
      (text) => {
        const item = options.item(text)
        if (item !== null) return Effect.succeed(item)
        return refused(`${name} holds ${JSON.stringify(text)}; expected ${options.expected}, comma separated`)
      }
    )
  })

export const secret = (name: string, { about }: { readonly about: string }): Variable<Redacted.Redacted | null> => ({
  ...{ name, older: null, fallback: "none", about },
  read: Effect.flatMap(optionalSecret(name), (value) =>
    // A blank or a newline, as mounted files have them, could be sent in no header: everyone would be locked out.
    value !== null && !/^[\x21-\x7e]+$/.test(Redacted.value(value))
      ? refused(`${name} holds a blank, a newline or a non-ASCII character; expected none of them`)
      : Effect.succeed(value)
  )
})

export const optionalSecret = (name: string) =>
  Effect.mapError(C.map(C.option(C.Redacted(name)), Option.getOrNull), () => unreadable(name))

/** As a browser sends it: without the scheme's own port, an address in its shortest form. */
export const origin = (name: string, options: Described): Variable<string | null> =>
  variable(name, options, ({ value, refuse }) => {
    if (value === "") return Effect.succeed(null)
    const fits = /^https?:\/\/[a-z0-9.:[\]-]*[a-z0-9\]]$/.test(value) && URL.canParse(value)
    return fits
      ? Effect.succeed(new URL(value).origin)
      : refuse("an origin such as https://breakglass.example.org, lower case, without a path")
  })

export const refused = (message: string) => Effect.fail(new ConfigRefused({ message }))

/** The refusal of a value; what was given is cut to 60 characters. */
export const refuse = (name: string, value: string, expected: string) => {
  const given = value.length > 60 ? `${value.slice(0, 60)}…` : value
  return refused(`${name} is ${JSON.stringify(given)}; expected ${expected}`)
}

interface Given {
  /** The name that it was set by. */
  readonly name: string
  /** Empty when it is not set. */
  readonly value: string
  readonly refuse: (expected: string) => Effect.Effect<never, ConfigRefused>
}

const variable = <A>(
  name: string,
  { about, older, otherwise = "none" }: Described,
  decode: (given: Given) => Effect.Effect<A, ConfigRefused>
): Variable<A> => ({
  ...{ name, older: older ?? null, fallback: otherwise, about },
  read: Effect.gen(function* () {
    const newest = yield* text(name)
    const oldest = older === undefined ? "" : yield* text(older)
    if (newest !== "" && oldest !== "" && newest !== oldest) {
      return yield* refused(`${name} and ${older} are two names of one setting and differ; set one of them`)
    }
    const [by, value] = newest === "" && older !== undefined && oldest !== "" ? [older, oldest] : [name, newest]
    return yield* decode({ name: by, value, refuse: (expected) => refuse(by, value, expected) })
  })
})

const text = (name: string) => Effect.mapError(C.withDefault(C.String(name), ""), () => unreadable(name))

const unreadable = (name: string) => new ConfigRefused({ message: `${name} cannot be read; expected a text` })

/** Absolute. ssh splits its list of files at blanks and expands % in it. */
export const sshPath = { pattern: /^\/[^\s%]*$/, expected: "an absolute path without a blank or %" }

type Values<V> = { readonly [K in keyof V]: V[K] extends Variable<infer A> ? A : never }

/** The values of all variables, or the first refusal. */
export const readAll = <V extends Readonly<Record<string, Variable<unknown>>>>(
  variables: V
): Effect.Effect<Values<V>, ConfigRefused> =>
  Effect.map(
    Effect.forEach(Object.entries(variables), ([key, { read }]) => Effect.map(read, (value) => [key, value] as const)),
    (pairs) => Object.fromEntries(pairs) as Values<V>
  )

/** The table of docs/configuration.md. */
export const documented = (variables: Readonly<Record<string, Variable<unknown>>>): string => {
  const row = (name: string, fallback: string, about: string) => `| \`${name}\` | ${fallback} | ${about} |`
  const rows = Object.values(variables).flatMap(({ name, older, fallback, about }) => [
    row(name, fallback, about),
    ...(older === null ? [] : [row(older, "none", `the older name of \`${name}\`; both may be set to the same`)])
  ])
  return ["| variable | default | |", "|---|---|---|", ...rows].join("\n")
}
