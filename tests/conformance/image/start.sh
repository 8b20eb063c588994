#!/bin/sh
# Starts Ranvier as Complement expects a homeserver to be: called $SERVER_NAME, with all it keeps under $COMPLEMENT_ROOT,
# a certificate of the suite's authority, and nothing limited. The checkout is $RANVIER_CHECKOUT, by default the one this
# script is in.
set -e
here=$(cd "$(dirname "$0")" && pwd)
checkout=${RANVIER_CHECKOUT:-$(cd "$here/../../.." && pwd)}
ca=$COMPLEMENT_ROOT/complement/ca
tls=$COMPLEMENT_ROOT/tls
mkdir -p "$tls"

if [ ! -s "$tls/server.crt" ]; then
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$SERVER_NAME" \
    -keyout "$tls/server.key" -out "$tls/server.csr" 2>/dev/null
  printf 'subjectAltName=DNS:%s\n' "$SERVER_NAME" > "$tls/extensions"
  openssl x509 -req -in "$tls/server.csr" -CA "$ca/ca.crt" -CAkey "$ca/ca.key" -CAcreateserial \
    -CAserial "$tls/serial" -out "$tls/server.crt" -days 2 -extfile "$tls/extensions" 2>/dev/null
fi

appservices=
for file in "$COMPLEMENT_ROOT"/complement/appservice/*.yaml; do
  if [ -e "$file" ]; then appservices="$appservices$file, "; fi
done

free='{ per_second: 100000, burst_count: 100000 }'
cat > "$COMPLEMENT_ROOT/homeserver.yaml" <<YAML
server_name: $SERVER_NAME
public_baseurl: http://$SERVER_NAME:8008/
log_level: info
listeners:
  - { port: 8008, bind_addresses: [0.0.0.0], resources: [{ names: [client, federation] }] }
  - { port: 8448, bind_addresses: [0.0.0.0], tls: true, resources: [{ names: [client, federation] }] }
tls_certificate_path: $tls/server.crt
tls_private_key_path: $tls/server.key
app_service_config_files: [$appservices]
enable_registration: true
enable_registration_without_verification: true
allow_guest_access: true
registration_shared_secret: complement
bcrypt_rounds: 4
server_notices: { system_mxid_localpart: _server, room_name: Server Alert }
# Some tests ask for media as clients did before 2024.
enable_authenticated_media: false
room_list_publication_rules: [{ user_id: '*', alias: '*', room_id: '*', action: allow }]
ip_range_blacklist: []
ip_range_whitelist: [0.0.0.0/0, '::/0']
max_event_delay_duration: 24h
url_preview_enabled: true
url_preview_ip_range_blacklist: []
url_preview_ip_range_whitelist: [0.0.0.0/0, '::/0']
rc_message: $free
rc_registration: $free
rc_registration_token_validity: $free
rc_login: { address: $free, account: $free, failed_attempts: $free }
rc_admin_redaction: $free
rc_joins: { local: $free, remote: $free }
rc_joins_per_room: $free
rc_invites: { per_room: $free, per_user: $free, per_issuer: $free }
rc_third_party_invite: $free
rc_3pid_validation: $free
rc_media_create: $free
rc_presence: { per_user: $free }
rc_delayed_event_mgmt: $free
rc_reports: $free
rc_room_creation: $free
rc_user_directory: $free
YAML

export NODE_EXTRA_CA_CERTS="$ca/ca.crt"
node=$checkout/node_modules/.bin/node
if [ ! -x "$node" ]; then node=node; fi
exec "$node" "$checkout/packages/server/src/cli/main.ts" start -c "$COMPLEMENT_ROOT/homeserver.yaml"
