/** Reading one environment variable: its default, its shape, and the one line that says what was wrong with it. */
import { Config as C, Effect, Option, Redacted, Schema } from "effect"

/** One line: the variable, what it was given, what it takes. */
export class ConfigRefused extends Schema.TaggedError<ConfigRefused>()("ConfigRefused", { message: Schema.String }) {}

export const optional = <A>(config: C.Config<A>) => C.map(C.option(config), Option.getOrNull)

export const word = (name: string, fallback: string, pattern: RegExp, takes: string) =>
  checked(name, C.String(name).pipe(C.withDefault(fallback)), (value) => pattern.test(value), takes)

export const whole = (name: string, fallback: number, least: number, most: number) =>
  checked(
    name,
    C.String(name).pipe(C.withDefault(String(fallback))),
    (value) => /^[0-9]{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most,
    `a whole number from ${least} to ${most}`
  ).pipe(Effect.map(Number))

export const checked = (
  name: string,
  config: C.Config<string>,
  fits: (value: string) => boolean,
  takes: string
): Effect.Effect<string, ConfigRefused> =>
  Effect.gen(function* () {
    const value = yield* config.pipe(Effect.mapError(() => new ConfigRefused({ message: `${name} takes ${takes}` })))
    if (fits(value)) return value
    const given = value.length > 60 ? `${value.slice(0, 60)}…` : value
    return yield* new ConfigRefused({ message: `${name} is ${JSON.stringify(given)}; it takes ${takes}` })
  })

/** A variable with an older name: gives the one that is set, the new one when neither is. Both may be set, to the same. */
export const eitherName = (name: string, older: string) =>
  Effect.gen(function* () {
    const [value, olderValue] = yield* Effect.all([optional(C.String(name)), optional(C.String(older))])
    if (!olderValue) return name
    if (!value) return older
    if (value === olderValue) return name
    return yield* new ConfigRefused({
      message: `${name} and ${older} are two names of one setting and differ; set one of them`
    })
  })

export const list = (name: string) =>
  C.String(name).pipe(
    C.withDefault(""),
    C.map((text) =>
      text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "")
    )
  )

export const secret = (name: string) =>
  optional(C.Redacted(name)).pipe(
    // A blank or a newline, as mounted files have them, could be sent in no header: everyone would be locked out.
    Effect.flatMap((value) =>
      value !== null && !/^[\x21-\x7e]+$/.test(Redacted.value(value))
        ? Effect.fail(
            new ConfigRefused({
              message: `${name} holds a blank, a newline or a non-ASCII character; it takes none of them`
            })
          )
        : Effect.succeed(value)
    )
  )

export const optionalWord = (name: string, pattern: RegExp, takes: string) =>
  Effect.map(word(name, "", new RegExp(`^$|${pattern.source}`), takes), (value) => (value === "" ? null : value))

/** As a browser sends it: without the scheme's own port, an address in its shortest form. */
export const origin = (name: string) =>
  Effect.map(
    checked(
      name,
      C.String(name).pipe(C.withDefault("")),
      (value) => value === "" || (/^https?:\/\/[a-z0-9.:[\]-]*[a-z0-9\]]$/.test(value) && URL.canParse(value)),
      "an origin such as https://breakglass.example.org, lower case, without a path"
    ),
    (value) => (value === "" ? null : new URL(value).origin)
  )

/** Absolute. ssh splits its list of files at blanks and expands % in it. */
export const sshPath = /^\/[^\s%]*$/
