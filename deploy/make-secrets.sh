#!/bin/sh
# Makes the secrets of an installation, once: `sh deploy/make-secrets.sh` (a folder may follow; default: secrets).
# What is there already stays. The folder is its owner's alone; each container sees only the files it is given,
# which it must be able to read as another user.
set -eu
folder="${1:-secrets}"
here="$(cd "$(dirname "$0")" && pwd)"
umask 022
mkdir -p "$folder"
chmod 700 "$folder"

random() {
    head -c 64 /dev/urandom | base64 | tr -d '+/=\n' | cut -c 1-40
}

for name in postgres_password database_owner_password database_password redis_password secret_key metrics_token; do
    if [ ! -s "$folder/$name" ]; then
        random >"$folder/$name.new"
        mv "$folder/$name.new" "$folder/$name"
    fi
done

# Empty as long as the mail server asks for none.
[ -e "$folder/smtp_password" ] || : >"$folder/smtp_password"

# Redis keeps only the digest of the password.
digest="$(tr -d '\n' <"$folder/redis_password" | sha256sum | cut -d ' ' -f 1)"
sed -e '/^#/d' -e '/^$/d' -e "s/PASSWORD_SHA256/$digest/" "$here/redis/users.acl" >"$folder/redis_users.acl"

if [ ! -s "$folder/backup_recipient" ]; then
    echo "Chưa có $folder/backup_recipient: hãy ghi vào đó khóa công khai age (dòng age1…) dùng để mã hóa bản sao lưu." >&2
fi
