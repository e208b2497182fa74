/** The contract for people: HTML made from its OpenAPI document, with no script and nothing from another site; pure. */
import type { OpenApi } from "effect/http-api"

export const docs = ({ info, paths, components }: OpenApi.OpenAPISpec): string => {
  const named = components.schemas as Named
  const sections = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => section(`${method.toUpperCase()} ${path}`, route as Route, named))
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text(info.title)}: the HTTP contract</title>
<h1>${text(info.title)}: the HTTP contract</h1>
<p>The same for machines: <a href="/openapi.json">/openapi.json</a>. Errors are RFC 9457 problems; <code>detail</code> says
what happened and what did not. A field with <code>?</code> may be left out.</p>
${sections.join("\n")}
</html>
`
}

const section = (title: string, { parameters = [], requestBody, responses }: Route, named: Named): string =>
  [
    `<section>\n<h2><code>${text(title)}</code></h2>`,
    parameters.length === 0
      ? ""
      : list(parameters.map((one) => [`${one.name}${optional(one.required)}`, `in the ${one.in}`])),
    requestBody === undefined ? "" : `<div>Takes ${bodies(requestBody.content, named)}</div>`,
    list(
      Object.entries(responses).map(([status, { description, content }]) => [
        status,
        Number(status) < 400 ? bodies(content, named) : text(titles(content, named) || description)
      ])
    ),
    "</section>"
  ]
    .filter((line) => line !== "")
    .join("\n")

/** Terms and their descriptions, which are HTML already. */
const list = (rows: ReadonlyArray<readonly [term: string, html: string]>): string =>
  `<dl>\n${rows.map(([term, html]) => `<dt><code>${text(term)}</code></dt><dd>${html}</dd>`).join("\n")}\n</dl>`

const bodies = (content: Content = {}, named: Named): string =>
  Object.entries(content)
    .map(([type, { schema }]) => `${text(type)} <pre>${text(shape(schema ?? {}, named))}</pre>`)
    .join("\n")

/** The problems that share a status, by their titles. */
const titles = (content: Content = {}, named: Named): string => {
  const found = Object.values(content)
    .flatMap(({ schema = {} }) => schema.anyOf ?? [schema])
    .flatMap(({ $ref = "" }) => resolved($ref, named).properties?.["title"]?.enum ?? [])
  return [...new Set(found)].join("; ")
}

const resolved = ($ref: string, named: Named): Schema => named[$ref.replace(/^.*\//, "")] ?? {}

/** A JSON schema as a TypeScript reader would write the type. */
const shape = (schema: Schema, named: Named, indent = ""): string => {
  const { $ref, anyOf, enum: words, items, properties, required = [], type = "any" } = schema
  if ($ref !== undefined) return shape(resolved($ref, named), named, indent)
  if (anyOf !== undefined) return anyOf.map((one) => shape(one, named, indent)).join(" | ")
  if (words !== undefined) return words.map((word) => JSON.stringify(word)).join(" | ")
  if (items !== undefined) return `Array<${shape(items, named, indent)}>`
  if (properties === undefined) return type
  const deeper = `${indent}  `
  const fields = Object.entries(properties).map(
    ([name, of]) => `${deeper}${name}${optional(required.includes(name))}: ${shape(of, named, deeper)}`
  )
  return `{\n${fields.join("\n")}\n${indent}}`
}

const optional = (required: boolean): string => (required ? "" : "?")

const text = (raw: string): string =>
  raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

/** The part of OpenAPI and JSON Schema that is read here. */
interface Schema {
  readonly $ref?: string
  readonly anyOf?: ReadonlyArray<Schema>
  readonly enum?: ReadonlyArray<unknown>
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: ReadonlyArray<string>
  readonly type?: string
}
type Named = Readonly<Record<string, Schema>>
type Content = Readonly<Record<string, { readonly schema?: Schema }>>
interface Route {
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string; readonly required: boolean }>
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
}
