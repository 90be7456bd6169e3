#!/bin/sh
# axe-core for the accessibility tests, from the npm registry: unpacked when it is missing.
VERSION=4.14.1
cd "$(dirname "$0")" || exit 1
grep -q "\"version\": \"$VERSION\"" axe-core/package.json 2>/dev/null && exit 0
if ! command -v npm >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1
then
  echo "Installing npm for the accessibility tests"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    npm; } >/dev/null 2>&1 || echo "npm could not be installed"
fi
folder=$(mktemp -d)
if npm pack --silent --pack-destination "$folder" "axe-core@$VERSION" >/dev/null 2>&1
then
  rm -rf axe-core && mkdir axe-core
  tar -xzf "$folder"/axe-core-*.tgz -C axe-core --strip-components 1 package/axe.min.js package/package.json package/LICENSE
else
  echo "axe-core could not be had from the npm registry; the accessibility tests need it"
fi
rm -rf "$folder"
exit 0
