#!/bin/sh
# The browser on the desk's screen: begun with the session, begun again whenever it ends, until the staff leave kiosk
# mode. A fresh profile each time, so that nothing of one day is there the next.
set -u
page="file://@TO@/starting.html#http://127.0.0.1:@PORT@"
run=/run/hailong
mark=$(mktemp)
profile=$(mktemp -d)
trap 'rm -rf "$mark" "$profile"' EXIT
for browser in chromium chromium-browser google-chrome-stable microsoft-edge-stable; do
    command -v "$browser" >/dev/null 2>&1 && break
done
if [ -n "${DISPLAY:-}" ]; then
    xset s off -dpms 2>/dev/null || true
fi
gsettings set org.gnome.desktop.session idle-delay 0 2>/dev/null || true
while :; do
    # shellcheck disable=SC2046
    "$browser" --user-data-dir="$profile" $(cat "@TO@/screen.flags") "$page" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        if [ "$run/leave" -nt "$mark" ]; then
            kill "$pid"
            exit 0
        fi
        if [ "$run/network" -nt "$mark" ]; then
            touch "$mark"
            kill "$pid"
            nm-connection-editor 2>/dev/null || gnome-control-center wifi 2>/dev/null || true
        fi
        sleep 1
    done
    sleep 2
done
