#!/bin/sh
# Cài đặt hoặc nâng cấp quầy đánh giá Hài Lòng từ thư mục này; không cần Internet, dữ liệu được giữ nguyên.
# Installs or updates a Hài Lòng desk from this folder; needs no Internet, keeps the data.
set -eu
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }
usage() {
    cat <<'TEXT'
Cách dùng / Usage: sudo sh install.sh [options]     (không sudo: cho riêng tài khoản này / without sudo: for this account)
  --to DIR         chương trình / programs      (/opt/hailong)
  --instance DIR   dữ liệu / data               (/var/lib/hailong)
  --host ADDRESS   nghe tại / listens on        (127.0.0.1; 0.0.0.0 cho máy tính bảng trong mạng LAN / for a LAN tablet)
  --port N         cổng / port                  (8001)
  --screen USER    tài khoản mở màn hình đánh giá khi đăng nhập / account whose session shows the faces
  --dedicated      máy chỉ dùng cho việc này: khoá trình duyệt / this PC does nothing else: lock the browser down
  --no-services    không tạo dịch vụ / no services
TEXT
}

to='' instance='' port=8001 host=127.0.0.1 screen='' dedicated=no services=yes user=hailong
while [ $# -gt 0 ]; do
    case $1 in
        --to | --instance | --port | --host | --screen)
            [ $# -gt 1 ] || { usage >&2; exit 2; }
            case $1 in
                --to) to=$2 ;;
                --instance) instance=$2 ;;
                --port) port=$2 ;;
                --host) host=$2 ;;
                --screen) screen=$2 ;;
            esac
            shift 2 ;;
        --dedicated) dedicated=yes; shift ;;
        --no-services) services=no; shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done
if [ "$(id -u)" = 0 ]; then
    to=${to:-/opt/hailong} instance=${instance:-/var/lib/hailong}
else
    to=${to:-${XDG_DATA_HOME:-$HOME/.local/share}/hailong} services=no
    instance=${instance:-$to/instance}
fi
[ -d /run/systemd/system ] || services=no

# 1. The bundle is whole, and this machine has a Python it was made for.
(cd "$here" && sha256sum --quiet -c SHA256SUMS) ||
    die "bundle_damaged: Thư mục cài đặt bị hỏng khi chép; hãy chép lại. Chưa có gì thay đổi. / The bundle is damaged; copy it again."
version=$(cat "$here/VERSION") pythons=$(cat "$here/PYTHONS") python=''
for number in $pythons; do
    for candidate in ${PYTHON:-} "/usr/bin/python$number" "python$number" python3; do
        found=$(command -v "$candidate" 2>/dev/null) || continue
        [ "$("$found" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$number" ] || continue
        python=$found
        break 2
    done
done
[ -n "$python" ] ||
    die "python_missing: Máy cần một trong các bản Python $pythons. Chưa có gì thay đổi. / This PC needs Python $pythons."

# 2. The new version beside the old one, from the wheels in this folder alone.
new="$to/app-$version-$(date -u +%Y%m%d%H%M%S)"
mkdir -p "$to" "$instance"
trap 'rm -rf "$new"' EXIT
say "Đang cài đặt / Installing: Hài Lòng $version, $("$python" --version) → $to"
"$python" -I -m venv --without-pip "$new"
for pip in "$here"/wheels/pip-*.whl; do :; done
PIP_CONFIG_FILE=/dev/null PYTHONPATH=$pip "$new/bin/python" -m pip --isolated install --quiet --no-index \
    --find-links "$here/wheels" --no-warn-script-location --disable-pip-version-check "hailong==$version"

# 3. An update: the desk pauses, and the new version must be able to read a copy of its data before it may have it.
old=$(readlink "$to/current" 2>/dev/null || true) paused=no
if [ "$services" = yes ] && systemctl is-active --quiet hailong-kiosk.service; then
    paused=yes
    systemctl stop hailong-kiosk-watch.timer hailong-kiosk-sync.service hailong-kiosk.service
fi
if [ -f "$instance/kiosk.sqlite" ]; then
    copy=$(mktemp -d)
    cp "$instance"/kiosk.sqlite* "$copy"/
    if ! HAILONG_INSTANCE=$copy "$new/bin/hailong" kiosk upgrade >"$copy/said" 2>&1; then
        cat "$copy/said" >&2
        rm -rf "$copy"
        [ "$paused" = no ] || systemctl start hailong-kiosk.service hailong-kiosk-sync.service hailong-kiosk-watch.timer
        die "store_unreadable: Bản mới không đọc được dữ liệu; bản cũ vẫn chạy. / The new version cannot read the data; the old one goes on."
    fi
    rm -rf "$copy"
fi

# 4. Switch over in one step; the version before stays, older ones go.
ln -s "$new" "$to/current.new"
mv -T "$to/current.new" "$to/current"
trap - EXIT
for folder in "$to"/app-*; do
    [ "$folder" = "$new" ] || [ "$folder" = "$old" ] || rm -rf "$folder"
done
for file in watch.py screen.sh screen.flags; do
    sed -e "s|@TO@|$to|g" -e "s|@PORT@|$port|g" "$here/files/$file" >"$to/$file"
done
chmod 755 "$to/screen.sh"
HAILONG_INSTANCE=$instance "$new/bin/hailong" kiosk starting "$to/starting.html" >/dev/null
as=''
[ "$services" = no ] || as="[ \"\$(id -un)\" = $user ] || exec runuser -u $user -- \"\$0\" \"\$@\""
cat >"$to/hailong" <<TEXT
#!/bin/sh
$as
HAILONG_INSTANCE=$instance PYTHONUTF8=1 exec "$to/current/bin/hailong" "\$@"
TEXT
chmod 755 "$to/hailong"

# 5. The services, under an account of their own that can write nothing but the data.
if [ "$services" = yes ]; then
    id "$user" >/dev/null 2>&1 || useradd --system --home-dir "$instance" --no-create-home --shell /usr/sbin/nologin "$user"
    [ -f "$instance/kiosk.cfg" ] || cat >"$instance/kiosk.cfg" <<'TEXT'
[kiosk]
leave_command = touch /run/hailong/leave
network_command = touch /run/hailong/network
TEXT
    chown -R "$user:" "$instance"
    chmod 700 "$instance"
    for file in "$here"/files/*.service "$here"/files/*.timer; do
        sed -e "s|@TO@|$to|g" -e "s|@INSTANCE@|$instance|g" -e "s|@HOST@|$host|g" -e "s|@PORT@|$port|g" \
            "$file" >"/etc/systemd/system/${file##*/}"
    done
    ln -sfn "$to/hailong" /usr/local/bin/hailong
    systemctl daemon-reload
    systemctl enable --quiet hailong-kiosk.service hailong-kiosk-sync.service hailong-kiosk-watch.timer
    systemctl restart hailong-kiosk.service hailong-kiosk-sync.service hailong-kiosk-watch.timer
    "$new/bin/python" -I "$to/watch.py" "http://127.0.0.1:$port/healthz" 60 ||
        die "not_up: Dịch vụ chưa chạy; bộ cài không xoá gì trong thư mục dữ liệu. Xem: journalctl -u hailong-kiosk / The service is not up; nothing in the data folder was erased."
fi

# 6. The screen.
if [ -n "$screen" ] && [ "$(id -u)" = 0 ]; then
    id "$screen" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$screen"
    folder=$(getent passwd "$screen" | cut -d: -f6)/.config/autostart
    mkdir -p "$folder"
    sed "s|@TO@|$to|g" "$here/files/hailong-screen.desktop" >"$folder/hailong-screen.desktop"
    chown -R "$screen:" "${folder%/autostart}"
    if [ -d /etc/lightdm ]; then
        mkdir -p /etc/lightdm/lightdm.conf.d
        printf '[Seat:*]\nautologin-user=%s\nautologin-user-timeout=0\n' "$screen" >/etc/lightdm/lightdm.conf.d/50-hailong.conf
    else
        say "Hãy bật tự động đăng nhập cho / Please switch on automatic log-in for: $screen"
    fi
    if [ "$dedicated" = yes ]; then
        for browser in chromium opt/chrome opt/edge; do
            mkdir -p "/etc/$browser/policies/managed"
            sed -e "s|@TO@|$to|g" -e "s|@PORT@|$port|g" "$here/files/policies.json" \
                >"/etc/$browser/policies/managed/hailong.json"
        done
    fi
fi

# 7. What is installed, and what comes next.
"$new/bin/python" -I -c 'import importlib.metadata as m
print("\n".join(sorted(f"  {d.name} {d.version}" for d in m.distributions())))'
say "Xong / Done: Hài Lòng $version"
if [ -f "$instance/kiosk.key" ]; then
    say "Kiểm tra / Check:   $to/hailong kiosk status"
else
    say "Ghép thiết bị / Pair: $to/hailong kiosk enrol https://TRUNG-TÂM MÃ"
fi
[ "$services" = yes ] || say "Chạy / Run:          $to/hailong kiosk serve --host $host --port $port"
say "Nghiệm thu / Accept: $to/hailong kiosk drill"
