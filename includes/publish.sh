version=${TAG#v}
if ! echo "$version" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+([a-z.-][0-9A-Za-z.-]*)?'; then
  echo "tag $TAG: expected a version such as 1.2.3 or v1.2.3-rc.1; nothing was pushed" >&2
  exit 1
fi
image=$(echo "$IMAGE" | tr '[:upper:]' '[:lower:]')
if [ -n "$PASSWORD" ]; then
  echo "$PASSWORD" | docker login --username "$USERNAME" --password-stdin "${image%%/*}"
fi

# Test the source with the packages of the image. ~/.netrc has the password of a package index, if
# there is one.
set --
if [ -f ~/.netrc ]; then set -- --secret "id=netrc,src=$HOME/.netrc"; fi
docker build --target dev "$@" .
docker compose run --rm test

# Build the production image and push it under a name that nobody uses. Engines without the
# containerd image store need a builder of their own for provenance and SBOM.
if [ -n "$PUBLISH_PLATFORMS" ]; then set -- "$@" --platform "$PUBLISH_PLATFORMS"; fi
if ! docker info | grep io.containerd.snapshotter >/dev/null; then
{%- if image_prefix %}
  builder=$(docker buildx create \
    --driver-opt image={{ image_prefix }}moby/buildkit:buildx-stable-1)
{%- else %}
  builder=$(docker buildx create)
{%- endif %}
  set -- "$@" --builder "$builder"
fi
generator=${SBOM_GENERATOR:-{{ image_prefix }}docker/buildkit-syft-scanner:stable-1}
metadata=$(mktemp)
docker buildx build "$@" --push --tag "$image:candidate" --metadata-file "$metadata" \
  --build-arg VERSION="$version" --build-arg REVISION="$REVISION" --build-arg SOURCE="$SOURCE" \
  --cache-from "type=registry,ref=$image:cache" \
  --cache-to "type=registry,ref=$image:cache,mode=max" \
  --provenance mode=min \
  --sbom "generator=$generator" .
digest=$(sed -n 's/.*"containerimage.digest": "\(.*\)".*/\1/p' "$metadata")

# Test exactly what was pushed.
docker pull --quiet "$image@$digest"
{%- if listens %}
docker tag "$image@$digest" "localhost/{{ project_slug }}"
{%- if "postgres" in used_services %}
docker tag "$image@$digest" \
  "localhost/{{ project_slug }}:migrate"
{%- endif %}
if ! docker compose -f compose.yaml up --no-build --wait; then
  docker compose -f compose.yaml logs
  exit 1
fi
{%- elif app != "own" %}
docker run --rm --entrypoint python "$image@$digest" \
  -c "import {{ package_name }}.__main__"
{%- endif %}

# Give it its names. A pre-release does not become the latest.
set -- --tag "$image:$version"
case $version in *[!0-9.]*) ;; *) set -- "$@" --tag "$image:latest" ;; esac
docker buildx imagetools create "$@" "$image@$digest"
echo "published $version: $image@$digest"
{#- No blank line after this. -#}
