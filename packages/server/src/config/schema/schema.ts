import { type Static, Type } from '@ranvier/admin-api/schema'
import { accounts } from './accounts.ts'
import { calls } from './calls.ts'
import { mail } from './mail.ts'
import { previews } from './previews.ts'
import { push } from './push.ts'
import { rateLimits } from './rate-limits.ts'
import { media, rooms } from './rooms.ts'
import { server } from './server.ts'
import { sso } from './sso.ts'

/** The keys of `homeserver.yaml` by subject, in the order of the reference. */
export const configSections = [
  { title: 'The server', keys: server },
  { title: 'Accounts', keys: accounts },
  { title: 'Logging in elsewhere', keys: sso },
  { title: 'Mail', keys: mail },
  { title: 'Rooms', keys: rooms },
  { title: 'Media', keys: media },
  { title: 'URL previews', keys: previews },
  { title: 'Calls', keys: calls },
  { title: 'Push and outgoing connections', keys: push },
  { title: 'Rate limits', keys: rateLimits },
] as const

/** `homeserver.yaml`. Unknown keys are no errors: they are warned about. */
export const configSchema = Type.Object({
  ...server,
  ...accounts,
  ...sso,
  ...mail,
  ...rooms,
  ...media,
  ...previews,
  ...calls,
  ...push,
  ...rateLimits,
})

/** A configuration as written, checked and with its defaults filled in. */
export type RawConfig = Static<typeof configSchema>

/**
 * Keys of Synapse's configuration that mean nothing here yet. An operator's file may hold them; he is told that they
 * have no effect.
 */
export const unusedKeys: ReadonlySet<string> = new Set(
  `account_threepid_delegates allow_device_name_lookup_over_federation allow_per_room_profiles
  allow_profile_lookup_over_federation allow_public_rooms_over_federation
  auto_accept_invites background_updates caches captcha_public_key cas_config cleanup_extremities_with_dummy_events
  custom_template_directory daemonize default_identity_server default_policy_room_version disable_badge_count
  disable_msisdn_registration dummy_events_threshold dynamic_thumbnails enable_3pid_lookup
  enable_metrics event_cache_size event_persisters
  federation federation_client_minimum_tls_version federation_custom_ca_list
  federation_certificate_verification_whitelist federation_domain_whitelist federation_ip_range_blacklist
  federation_metrics_domains federation_rr_transactions_per_room_per_second federation_sender_instances
  federation_verify_certificates federation_whitelist_endpoint_enabled filter_timeline_limit forgotten_room_retention_period
  gc_min_interval gc_thresholds hs_disabled hs_disabled_message instance_map instance_name invite_client_location
  jwt_config key_refresh_interval limit_remote_rooms limit_usage_by_mau log_config
  manhole_settings matrix_authentication_service max_mau_value max_tracked_ips_per_user
  mau_appservice_trial_days mau_limit_reserved_threepids mau_stats_only mau_trial_days media_instance_running_background_jobs
  media_retention media_storage_providers media_upload_limits metrics_flags metrics_port modules msc3861
  nonce_lifetime oidc_config opentracing outbound_federation_restricted_to
  password_providers prevent_media_downloads_from print_pidfile public_federation_baseurl pusher_instances
  rc_federation rc_key_requests recaptcha_private_key_path recaptcha_public_key_path
  redis registration_requires_email remote_media_download_burst_count
  remote_media_download_per_second replace_unstable_devices report_stats report_stats_endpoint
  retention room_invite_state_types room_prejoin_state run_background_tasks_on
  saml2_config saml2_enabled send_federation sentry soft_file_limit spam_checker start_pushers stats stream_writers
  suppress_key_server_warning templates third_party_event_rules thumbnail_sizes tls_fingerprints
  trusted_key_servers
  update_user_directory_from_worker 
  
  use_account_validity_in_account_status use_appservice_legacy_authorization use_insecure_ssl_client_just_for_testing_do_not_use
  use_presence user_types_config web_client_location worker_app worker_daemonize worker_listeners
  worker_log_config worker_name worker_pid_file worker_replication_host worker_replication_http_port worker_replication_secret`.split(
    /\s+/,
  ),
)
