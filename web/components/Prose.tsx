import { prose } from "../prose.ts"
import { visible } from "../visible.ts"

export const Prose = ({ text }: { readonly text: string }) => (
  <div class="prose">
    {prose(visible(text)).map((span, index) =>
      span.kind === "block" ? (
        <pre key={index} tabIndex={0}>
          <code>{span.text}</code>
        </pre>
      ) : span.kind === "code" ? (
        <code key={index}>{span.text}</code>
      ) : (
        <span key={index}>{span.text}</span>
      )
    )}
  </div>
)
