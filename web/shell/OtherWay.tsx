/** Around single sign-on, by address: known from when the server could last be asked. */
import { recall } from "../link/storage.ts"

export const OtherWay = () => {
  const url = recall("direct")
  if (url === location.origin) return null
  if (url === "") {
    return (
      <p class="quiet">
        Is it down? Open the server's direct address (its own port, or an ssh tunnel to it) and use the access token.
      </p>
    )
  }
  return (
    <p>
      If single sign-on is down, open <a href={`${url}/${location.hash}`}>{url}</a> and sign in there with the access
      token.
    </p>
  )
}
