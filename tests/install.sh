#!/bin/sh
# Installs what tests run in or beside, where it is missing and this machine lets us. Never fails: tests say what they skip.
missing=""
for program in chromium firefox-esr pulseaudio janus turnserver node npm ip pdftotext; do
  command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
set -- /usr/lib/postgresql/*/bin/initdb
[ -e "$1" ] || missing="$missing postgresql"
[ -n "$missing" ] || exit 0
packages=$(echo "$missing" | sed 's/\bnode\b/nodejs/; s/\bip\b/iproute2/; s/\bturnserver\b/coturn/; s/\bpdftotext\b/poppler-utils/')
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "earmark: installing$packages"
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # which keeps services of packages from being started
  # shellcheck disable=SC2086 -- a list of words
  { apt-get update && apt-get install --yes --no-install-recommends $packages; } >/dev/null 2>&1 && exit 0
  for package in $packages; do # one that this system does not have must not keep away the others
    apt-get install --yes --no-install-recommends "$package" >/dev/null 2>&1 ||
      echo "earmark: installing $package did not work; what needs it is not tested"
  done
else
  echo "earmark:$missing not found, so what needs them is not tested; install them as root: apt-get install$packages"
fi
exit 0
