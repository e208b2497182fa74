# The server, the page and the pinned CLI; not root, with an init, an ssh client and the ssh-agents that hold its keys.
#
#   docker build -t breakglass .
#   docker run --restart unless-stopped --user 0 --read-only --tmpfs /tmp --security-opt no-new-privileges \
#     --cap-drop ALL --cap-add SETUID --cap-add SETGID -v "$PWD/keys:/keys:ro" \
#     -v breakglass:/state -p 127.0.0.1:8080:8080 --env-file breakglass.env breakglass
#
# keys/target and keys/pve are private keys without a passphrase, root's, 0600; keys/known_hosts (0644, in a directory that
# others may enter, 0711) pins the keys of the Proxmox host and the VM. deploy/with-keys opens them as root, and the server
# becomes 10001, who can use them and not read them. Without --user 0 and the capabilities all of it is 10001, and the files
# have to be: then the recovery agent can read them too, and the server's own secrets.
#
# Pinned by tag: a digest has to be read from a registry, which the machine this was written on could not reach. Pin it
# where you build (FROM node:24.21.0-bookworm-slim@sha256:...). For the same reason no image has been built from this
# file by its authors; test/repo.test.ts checks that every path it copies exists.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY deploy/node-path ./deploy/
RUN npm ci --ignore-scripts
COPY tsconfig.json vite.config.ts ./
COPY build ./build
COPY src ./src
COPY web ./web
RUN npm run build

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY deploy/node-path ./deploy/
# The CLI is placed by the vendor's own script; its platform package is then a double. It is the one package that is left:
# Node is the image's, and whatever else the server uses is in its bundle.
RUN npm ci --ignore-scripts --omit=dev \
  && npm run place-cli \
  && rm -rf node_modules/@anthropic-ai/claude-code-linux-* \
  && find node_modules -mindepth 1 -maxdepth 1 ! -name @anthropic-ai ! -name .bin -exec rm -rf {} + \
  && find node_modules/.bin -xtype l -delete \
  && node_modules/.bin/claude --version

FROM node:24.21.0-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates openssh-client tini \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 breakglass \
  && useradd --uid 10001 --gid 10001 --home-dir /state/home --no-create-home --shell /usr/sbin/nologin breakglass \
  && install -d -o 10001 -g 10001 -m 0700 /state /state/home /state/sessions
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /build/node_modules ./node_modules
COPY --from=build /build/dist/web ./dist/web
COPY --from=build /build/dist/server ./dist/server
COPY agents ./agents
COPY deploy/become.mjs deploy/with-keys ./deploy/

# HOME is state: an account's ~/.ssh is there. Each turn has a HOME of its own, in the sessions directory.
ENV NODE_ENV=production \
    PATH=/app/node_modules/.bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    HOME=/state/home \
    HOST=0.0.0.0 \
    PORT=8080 \
    BREAKGLASS_SESSIONS_DIR=/state/sessions \
    BREAKGLASS_PVE_KNOWN_HOSTS=/keys/known_hosts \
    BREAKGLASS_DEVVM_KNOWN_HOSTS=/keys/known_hosts
USER 10001:10001
VOLUME /state
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# An init: the agent's commands leave orphans, and something has to reap them.
ENTRYPOINT ["tini", "--", "/app/deploy/with-keys", "10001", "/keys"]
CMD ["node", "dist/server/main.cjs"]
