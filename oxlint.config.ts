/** The lint, and in it the arrows of the tree (README, "The tree") as errors: a row for each room says what it may import. */
import type { OxlintConfig } from "oxlint"

interface Pattern {
  /** Of regular expressions (without lookahead) and lists of globs, as .gitignore has them, one. */
  readonly regex?: string
  readonly group?: ReadonlyArray<string>
  readonly message: string
  readonly importNames?: ReadonlyArray<string>
  readonly allowTypeImports?: boolean
}

const noProgram: Pattern = {
  regex: "^(node:)?(child_process|cluster)$|^effect/process(/|$)",
  message: "Only src/core/process/SubprocessRunner.ts starts a program (effect/process: docs/adr/0005)."
}
const noEnvironment: Pattern = {
  regex: "^(node:)?process$",
  importNames: ["env"],
  message: "Config.ts reads the environment; every other file is given what it needs."
}

/** The patterns for some files. An override replaces another's options, so each states all that holds there. */
const imports = (files: ReadonlyArray<string>, ...patterns: ReadonlyArray<Pattern>) => ({
  files: [...files],
  rules: { "eslint/no-restricted-imports": ["error", { patterns }] as ["error", unknown] }
})

/** A file there may leave its folder only by a path that one of these globs matches. */
const leavingOnlyBy = (...globs: ReadonlyArray<string>): Pattern => ({
  group: ["../**", ...globs.map((glob) => `!${glob}`)],
  message: 'This arrow points the wrong way: README, "The tree".'
})

const contract = "../../contract/*.ts"
/** What each room of core may import. Turn and log meet only in a process, through `EventSink`. */
export const core: Readonly<Record<string, ReadonlyArray<string>>> = {
  process: [],
  redact: [],
  settings: [],
  ssh: [],
  time: [],
  claude: ["../process/*"],
  turn: ["../claude/*", "../process/*", "../redact/*", "../time/*", contract],
  journal: ["../process/*", "../time/*"],
  log: ["../journal/*", "../redact/*", contract],
  http: ["../settings/*", "../time/*", contract]
}

/** Each room of breakglass may import those before it. What is before config takes its slice of the settings. */
export const breakglass = ["power", "observe", "target", "config", "agent", "session", "ops", "http"]
const outside = ["../root.ts", "../../core/**", "../../contract/**", "../../../package.json"]

const rooms = [
  ...Object.entries(core).map(([room, allowed]) =>
    imports([`src/core/${room}/**`], noProgram, noEnvironment, leavingOnlyBy(...allowed))
  ),
  ...breakglass.map((room, at) => {
    const before = breakglass.slice(0, at).map((one) => `../${one}/*`)
    return imports([`src/breakglass/${room}/**`], noProgram, noEnvironment, leavingOnlyBy(...before, ...outside))
  })
]

/** With one value import of the contract the page would be 94 kB and not 25. */
const page: ReadonlyArray<Pattern> = [
  {
    regex: "(^|/)src/contract/",
    allowTypeImports: true,
    message: "The web takes types from src/contract; a value would bring 69 kB of Schema."
  },
  {
    group: ["**/src/**", "!**/src/contract", "!**/src/contract/**"],
    message: "The web takes types from src/contract and nothing else of src."
  },
  {
    regex: "^(effect|@effect|node:)|(^|/)(test|bench)/",
    message: "The page runs in a browser: no Effect, no Node, no tests."
  }
]

/** Each room of the page may import those before it; all of them what comes after the first paint. */
export const web = ["text", "link", "components", "power", "sheet", "transcript", "composer", "session", "shell"]

const pageRooms = web.map((room, at) => {
  const before = [...web.slice(0, at).map((one) => `${one}/**`), "later.ts", "pwa.ts"]
  const own = ["../transcript.ts", "**/src/contract/**"]
  return imports(
    [`web/${room}/**`],
    ...page,
    leavingOnlyBy(...before.flatMap((one) => [`../${one}`, `../../${one}`]), ...own)
  )
})

const programs = [
  // Whatever is in no room: no program is started, no environment read.
  imports(["src/**"], noProgram, noEnvironment),
  // Processes never import each other.
  ...["gateway", "afk"].map((own) =>
    imports([`src/${own}/**`], noProgram, noEnvironment, {
      regex: `(^|/)(${["breakglass", "gateway", "afk", "web", "test", "bench"].filter((one) => one !== own).join("|")})/`,
      message: "A process imports core and the contract, and no other process."
    })
  ),
  imports(["src/breakglass/*.ts"], noProgram, noEnvironment, leavingOnlyBy("../core/**"), {
    regex: "(^|/)demo/",
    message: "Production can never fall back to the demo: no import leads there."
  }),
  imports(["src/breakglass/demo/**"], noProgram, noEnvironment, {
    regex: "(^|/)main\\.ts$",
    message: "main.ts launches production when it is imported."
  }),
  // It alone may start a program, and knows nothing of what the program is for.
  imports(["src/core/process/SubprocessRunner.ts"], leavingOnlyBy(), {
    regex: "^effect/process(/|$)",
    message: "Measured and turned down: docs/adr/0005."
  }),
  // contract/ is what browser and server agree on. Nothing there runs.
  imports(["src/contract/**"], {
    group: ["*", "!effect", "!effect/http", "!effect/http-api", "!./*.ts", "!../*.ts"],
    message: "contract/ imports effect and its own files, nothing else."
  })
]

const config: OxlintConfig = {
  plugins: ["eslint", "typescript", "import", "node", "oxc", "unicorn"],
  categories: { correctness: "error" },
  ignorePatterns: ["dist/**"],
  rules: {
    "eslint/no-eval": "error",
    "eslint/no-implied-eval": "error",
    "eslint/no-var": "error",
    "eslint/prefer-const": "error",
    "eslint/eqeqeq": "error",
    "eslint/require-yield": "off",
    "eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    "import/no-cycle": ["error", { ignoreTypes: false }],
    "import/no-default-export": "error",
    "import/no-self-import": "error",
    "node/no-process-env": "error",
    "typescript/ban-ts-comment": "error",
    "typescript/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
    "typescript/no-explicit-any": "error",
    // `import { type X }` alone stays behind as a side-effect import, and would pull the contract into the bundle.
    "typescript/no-import-type-side-effects": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/no-require-imports": "error",
    // `...["--flag", value]` keeps a flag and its value on one line.
    "unicorn/no-useless-spread": "off"
  },
  overrides: [
    ...programs.slice(0, 1),
    ...rooms,
    ...programs.slice(1),
    imports(["web/**"], ...page),
    ...pageRooms,
    {
      // The agent's own tool is a program apart: its environment tells it what it needs.
      files: ["src/core/process/SubprocessRunner.ts", "agents/pve.mjs", "test/**", "bench/**", "*.config.ts"],
      rules: { "node/no-process-env": "off" }
    },
    { files: ["*.config.ts"], rules: { "import/no-default-export": "off" } },
    {
      files: ["src/**", "web/**", "agents/**", "build/**"],
      rules: { "eslint/max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }] }
    }
  ]
}
export default config
