import type { AppState } from "./AppModel.ts"

export const DemoBanner = ({ app }: { readonly app: AppState }) =>
  app.info.value?.demo === true ? (
    <p class="demo" role="note">
      <strong>DEMO</strong> <span>scripted agent, simulated VM, nothing real</span>
    </p>
  ) : null
