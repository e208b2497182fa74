import "./DemoBanner.css"

export const DemoBanner = () => (
  <p class="demo" role="note">
    <strong>DEMO</strong> <span>scripted agent, simulated VM, nothing real</span>
  </p>
)
