//! The tables, by hand, one for both databases; a test compares it with both.

#![allow(missing_docs)]

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    calendars (id) {
        id -> Key,
        name -> Text,
        time_zone -> Text,
        hours -> Text,
        holidays -> Text,
        is_default -> Bool,
        created_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    lines_of_business (id) {
        id -> Key,
        parent_id -> Nullable<Key>,
        name -> Text,
        calendar_id -> Nullable<Key>,
        governed_by -> Nullable<Key>,
        created_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    organizations (id) {
        id -> Key,
        slug -> Text,
        name -> Text,
        kind -> Text,
        region -> Text,
        time_zone -> Text,
        created_at -> Moment,
        version -> BigInt,
        second_factor_roles -> Text,
        allowed_networks -> Text,
        search_text -> Text,
        sort_name -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    people (id) {
        id -> Key,
        organization_id -> Key,
        email -> Text,
        first_name -> Text,
        last_name -> Text,
        time_zone -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        password_given_at -> Nullable<Moment>,
        email_verified_at -> Nullable<Moment>,
        disabled_at -> Nullable<Moment>,
        created_at -> Moment,
        version -> BigInt,
        search_text -> Text,
        sort_name -> Text,
        language -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    role_grants (id) {
        id -> Key,
        organization_id -> Key,
        person_id -> Nullable<Key>,
        group_id -> Nullable<Key>,
        role -> Nullable<Text>,
        role_id -> Nullable<Key>,
        pairing_id -> Nullable<Key>,
        expires_at -> Nullable<Moment>,
        granted_by -> Nullable<Key>,
        granted_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    sessions (id) {
        id -> Key,
        person_id -> Key,
        token_hash -> Text,
        csrf_token -> Text,
        acting_organization_id -> Nullable<Key>,
        acting_person_id -> Nullable<Key>,
        user_agent -> Text,
        created_at -> Moment,
        last_seen_at -> Moment,
        idle_until -> Moment,
        expires_at -> Moment,
        proven_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    api_tokens (id) {
        id -> Key,
        person_id -> Key,
        name -> Text,
        token_hash -> Text,
        permissions -> Nullable<Text>,
        created_at -> Moment,
        expires_at -> Nullable<Moment>,
        revoked_at -> Nullable<Moment>,
        made_with -> Nullable<Key>,
        last_used_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    sign_in_attempts (key) {
        key -> Text,
        window_started_at -> Moment,
        failures -> BigInt,
        blocked_until -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    setup_links (token_hash) {
        token_hash -> Text,
        created_at -> Moment,
        expires_at -> Moment,
        used_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    idempotency_keys (person_id, key) {
        person_id -> Key,
        key -> Text,
        method -> Text,
        path -> Text,
        request_hash -> Text,
        status -> BigInt,
        headers -> Text,
        body -> Text,
        created_at -> Moment,
        expires_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    policies (key) {
        key -> Text,
        value -> Text,
        updated_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    escalation_reasons (code) {
        code -> Text,
        label -> Text,
        governed_by -> Text,
        questions -> Text,
        position -> BigInt,
        active -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    cases (id) {
        id -> Key,
        number -> BigInt,
        organization_id -> Key,
        line_of_business_id -> Key,
        subject -> Text,
        description -> Text,
        priority -> Text,
        status -> Text,
        deployment -> Text,
        business_impact -> Text,
        product -> Nullable<Text>,
        engagements -> Text,
        opened_by -> Key,
        owner_id -> Nullable<Key>,
        opened_at -> Moment,
        last_provider_entry_at -> Nullable<Moment>,
        closed_at -> Nullable<Moment>,
        rca_requested_at -> Nullable<Moment>,
        rca_delivered_at -> Nullable<Moment>,
        external_id -> Nullable<Text>,
        search_words -> Nullable<Text>,
        updated_at -> Moment,
        version -> BigInt,
        salt -> Nullable<Text>,
        contact_id -> Nullable<Key>,
        channel -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    priority_requests (id) {
        id -> Key,
        case_id -> Key,
        priority -> Text,
        note -> Text,
        state -> Text,
        requested_by -> Key,
        requested_at -> Moment,
        decided_by -> Nullable<Key>,
        decided_at -> Nullable<Moment>,
        decision_note -> Nullable<Text>,
        version -> BigInt,
        salt -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    escalations (id) {
        id -> Key,
        number -> BigInt,
        case_id -> Key,
        reason -> Text,
        answers -> Text,
        details -> Text,
        acknowledgements -> Text,
        assessment -> Text,
        state -> Text,
        requested_by -> Key,
        submitted_at -> Moment,
        owner_id -> Nullable<Key>,
        claimed_at -> Nullable<Moment>,
        decided_at -> Nullable<Moment>,
        importance -> Nullable<Text>,
        urgency -> Nullable<Text>,
        rank -> Nullable<BigInt>,
        queue_rank -> BigInt,
        decline_reasons -> Text,
        outcome -> Nullable<Text>,
        summary -> Nullable<Text>,
        closed_at -> Nullable<Moment>,
        rating_score -> Nullable<BigInt>,
        rating_comment -> Nullable<Text>,
        rated_at -> Nullable<Moment>,
        version -> BigInt,
        salt -> Nullable<Text>,
        rater_id -> Nullable<Key>,
        submitted_priority -> Nullable<Text>,
        awaiting_reply_since -> Nullable<Moment>,
        next_due_at -> Moment,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    feed_entries (id) {
        id -> Key,
        case_id -> Key,
        feed -> Text,
        escalation_id -> Nullable<Key>,
        kind -> Text,
        visibility -> Text,
        author_id -> Nullable<Key>,
        author_side -> Nullable<Text>,
        body -> Text,
        details -> Nullable<Text>,
        at -> Moment,
        edited_at -> Nullable<Moment>,
        redacted_at -> Nullable<Moment>,
        external_id -> Nullable<Text>,
        version -> BigInt,
        position -> BigInt,
        changed_position -> BigInt,
        salt -> Nullable<Text>,
        body_html -> Nullable<Text>,
        rendering -> BigInt,
        verdict -> Nullable<Text>,
        moved_position -> Nullable<BigInt>,
        search_words -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    feed_reads (case_id, person_id, feed, read_at) {
        person_id -> Key,
        case_id -> Key,
        feed -> Text,
        read_at -> Moment,
        position -> BigInt,
        said -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    next_steps (id) {
        id -> Key,
        case_id -> Key,
        escalation_id -> Nullable<Key>,
        what -> Text,
        who -> Text,
        due_at -> Moment,
        state -> Text,
        reason -> Nullable<Text>,
        promised_by -> Key,
        promised_at -> Moment,
        settled_at -> Nullable<Moment>,
        lapse_told_at -> Nullable<Moment>,
        version -> BigInt,
        salt -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    callbacks (id) {
        id -> Key,
        case_id -> Key,
        escalation_id -> Key,
        phone -> Text,
        begins_at -> Moment,
        ends_at -> Moment,
        time_zone -> Text,
        note -> Nullable<Text>,
        state -> Text,
        owner_id -> Nullable<Key>,
        reason -> Nullable<Text>,
        requested_by -> Key,
        requested_at -> Moment,
        reminded_at -> Nullable<Moment>,
        settled_at -> Nullable<Moment>,
        version -> BigInt,
        salt -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    radar_warnings (case_id, reason, eligible_at) {
        case_id -> Key,
        reason -> Text,
        eligible_at -> Moment,
        warned_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    audit_events (position) {
        position -> BigInt,
        id -> Key,
        at -> Moment,
        kind -> Text,
        organization_id -> Nullable<Key>,
        home_organization_id -> Nullable<Key>,
        case_id -> Nullable<Key>,
        escalation_id -> Nullable<Key>,
        subject_id -> Nullable<Key>,
        actor_id -> Nullable<Key>,
        actor_name -> Text,
        seen_by -> Text,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        previous_hash -> Text,
        hash -> Text,
        said -> Nullable<Text>,
        link -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    audit_chain (id) {
        id -> BigInt,
        position -> BigInt,
        head -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    notices (id) {
        id -> Key,
        kind -> Text,
        person_id -> Nullable<Key>,
        to_email -> Nullable<Text>,
        to_name -> Nullable<Text>,
        to_organization_id -> Nullable<Key>,
        case_id -> Nullable<Key>,
        escalation_id -> Nullable<Key>,
        thread -> Text,
        payload -> Text,
        message_id -> Text,
        state -> Text,
        attempts -> BigInt,
        next_attempt_at -> Moment,
        lease_until -> Nullable<Moment>,
        lease_holder -> Nullable<Text>,
        last_error -> Nullable<Text>,
        created_at -> Moment,
        sent_at -> Nullable<Moment>,
        version -> BigInt,
        to_erase -> Bool,
        queue -> Text,
        urgent -> Bool,
        fault -> Nullable<Text>,
        tried_at -> Nullable<Moment>,
        held_until -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    notice_tries (id) {
        id -> Key,
        notice_id -> Key,
        at -> Moment,
        fault -> Text,
        said -> Text,
        next_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::Moment;

    mail_outages (transport) {
        transport -> Text,
        fault -> Text,
        detail -> Text,
        since -> Moment,
        probes -> BigInt,
        next_probe_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    roles (id) {
        id -> Key,
        organization_id -> Key,
        code -> Text,
        name -> Text,
        permissions -> Text,
        created_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    access_groups (id) {
        id -> Key,
        organization_id -> Key,
        name -> Text,
        sort_name -> Text,
        installed_for -> Nullable<Text>,
        created_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    access_group_members (group_id, person_id) {
        group_id -> Key,
        person_id -> Key,
        added_by -> Nullable<Key>,
        added_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    pairings (id) {
        id -> Key,
        trustee_id -> Key,
        trustor_id -> Nullable<Key>,
        addressed_to -> Nullable<Key>,
        token_hash -> Text,
        expires_at -> Moment,
        created_by -> Nullable<Key>,
        created_at -> Moment,
        accepted_by -> Nullable<Key>,
        accepted_at -> Nullable<Moment>,
        refused_by -> Nullable<Key>,
        refused_at -> Nullable<Moment>,
        switched_off_by -> Nullable<Key>,
        switched_off_at -> Nullable<Moment>,
        suspended_by -> Nullable<Key>,
        suspended_at -> Nullable<Moment>,
        removed_by -> Nullable<Key>,
        removed_at -> Nullable<Moment>,
        removed_side -> Nullable<Text>,
        last_used_at -> Nullable<Moment>,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    pairing_members (id) {
        id -> Key,
        pairing_id -> Key,
        person_id -> Nullable<Key>,
        group_id -> Nullable<Key>,
        proposed_by -> Nullable<Key>,
        proposed_at -> Moment,
        approved_by -> Nullable<Key>,
        approved_at -> Nullable<Moment>,
        last_used_at -> Nullable<Moment>,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    pairing_role_requests (id) {
        id -> Key,
        member_id -> Key,
        role -> Text,
        until -> Nullable<Moment>,
        note -> Nullable<Text>,
        requested_by -> Key,
        requested_at -> Moment,
        refused_by -> Nullable<Key>,
        refused_at -> Nullable<Moment>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    pairing_visits (id) {
        id -> Key,
        pairing_id -> Key,
        person_id -> Key,
        began_at -> Moment,
        last_at -> Moment,
        changes -> BigInt,
    }
}

diesel::table! {
    use crate::db::sql_types::Key;

    pairing_visit_events (visit_id, event_id) {
        visit_id -> Key,
        event_id -> Key,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    recent_errors (id) {
        id -> Key,
        at -> Moment,
        request_id -> Text,
        method -> Text,
        route -> Text,
        status -> BigInt,
        code -> Text,
        cause -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    saved_filters (id) {
        id -> Key,
        organization_id -> Key,
        person_id -> Key,
        list -> Text,
        name -> Text,
        query -> Text,
        shared -> Bool,
        created_at -> Moment,
        updated_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    clients (partner_id, client_id) {
        partner_id -> Key,
        client_id -> Key,
        named_by -> Nullable<Key>,
        named_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    clones (person_id) {
        person_id -> Key,
        original_id -> Key,
        pairing_id -> Key,
        added_by -> Nullable<Key>,
        added_at -> Moment,
        removed_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    line_grants (line_of_business_id, group_id) {
        line_of_business_id -> Key,
        group_id -> Key,
        granted_by -> Nullable<Key>,
        granted_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    second_factors (person_id) {
        person_id -> Key,
        nonce -> Text,
        created_at -> Moment,
        confirmed_at -> Nullable<Moment>,
        last_step -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    recovery_codes (person_id, code_hash) {
        person_id -> Key,
        code_hash -> Text,
        created_at -> Moment,
        used_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    known_devices (person_id, device_hash) {
        person_id -> Key,
        device_hash -> Text,
        first_seen_at -> Moment,
        last_seen_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    password_reset_requests (id) {
        id -> Key,
        email -> Text,
        requested_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    access_requests (id) {
        id -> Key,
        organization_id -> Nullable<Key>,
        organization_typed -> Text,
        first_name -> Text,
        last_name -> Text,
        email -> Text,
        note -> Nullable<Text>,
        state -> Text,
        requested_at -> Moment,
        decided_at -> Nullable<Moment>,
        decided_by -> Nullable<Key>,
        decision_note -> Nullable<Text>,
        until -> Nullable<Moment>,
        person_id -> Nullable<Key>,
        version -> BigInt,
        company -> Nullable<Text>,
        customer -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    one_time_links (id) {
        id -> Key,
        purpose -> Text,
        person_id -> Key,
        token_hash -> Text,
        created_at -> Moment,
        expires_at -> Moment,
        used_at -> Nullable<Moment>,
        revoked_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    feed_stances (case_id, feed, person_id) {
        person_id -> Key,
        case_id -> Key,
        feed -> Text,
        stance -> Text,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::Text;

    use crate::db::sql_types::{Key, Moment};

    list_columns (person_id, list) {
        person_id -> Key,
        list -> Text,
        shown -> Text,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::Text;

    use crate::db::sql_types::{Key, Moment};

    notice_preferences (person_id, kind) {
        person_id -> Key,
        kind -> Text,
        delivery -> Text,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    digest_items (id) {
        id -> Key,
        person_id -> Key,
        kind -> Text,
        case_id -> Nullable<Key>,
        item -> Text,
        due_at -> Moment,
        created_at -> Moment,
    }
}

diesel::joinable!(people -> organizations (organization_id));
diesel::joinable!(cases -> organizations (organization_id));
diesel::joinable!(cases -> lines_of_business (line_of_business_id));
diesel::joinable!(escalations -> cases (case_id));
diesel::joinable!(feed_entries -> cases (case_id));
diesel::joinable!(callbacks -> cases (case_id));
diesel::joinable!(callbacks -> escalations (escalation_id));
diesel::joinable!(next_steps -> cases (case_id));
diesel::joinable!(priority_requests -> cases (case_id));
diesel::joinable!(notices -> people (person_id));
diesel::joinable!(sessions -> people (person_id));
diesel::joinable!(api_tokens -> people (person_id));
diesel::joinable!(role_grants -> roles (role_id));
diesel::joinable!(role_grants -> pairings (pairing_id));
diesel::joinable!(pairing_members -> pairings (pairing_id));
diesel::joinable!(clones -> pairings (pairing_id));
diesel::joinable!(role_grants -> access_groups (group_id));
diesel::joinable!(line_grants -> lines_of_business (line_of_business_id));
diesel::joinable!(access_group_members -> access_groups (group_id));
diesel::joinable!(access_group_members -> people (person_id));
diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::Moment;

    target_rules (kind, grade) {
        kind -> Text,
        grade -> Text,
        minutes -> BigInt,
        clock -> Text,
        updated_at -> Moment,
    }
}

diesel::table! {
    duty_rules (id) {
        id -> BigInt,
        ladder -> Nullable<Text>,
        assignment -> Text,
        targets_version -> BigInt,
        ladder_version -> BigInt,
        duty_version -> BigInt,
        policies_version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::Key;

    duty_shifts (position) {
        position -> BigInt,
        person_id -> Key,
        days -> Text,
        from_minute -> BigInt,
        until_minute -> BigInt,
        time_zone -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    duty_absences (position) {
        position -> BigInt,
        person_id -> Key,
        from_at -> Moment,
        until_at -> Moment,
        cover_id -> Nullable<Key>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::Key;

    duty_turns (person_id) {
        person_id -> Key,
        turn -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    escalation_targets (id) {
        id -> Key,
        escalation_id -> Key,
        kind -> Text,
        newest -> Bool,
        started_at -> Moment,
        minutes -> BigInt,
        clock -> Text,
        pauses -> Text,
        paused_since -> Nullable<Moment>,
        due_at -> Moment,
        reckoned_at -> Moment,
        met_at -> Nullable<Moment>,
        ended_at -> Nullable<Moment>,
        segments -> Nullable<Text>,
        steps_given -> BigInt,
        alarm_at -> Nullable<Moment>,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    target_tellings (person_id) {
        person_id -> Key,
        at -> Moment,
    }
}

diesel::table! {
    write_probes (id) {
        id -> BigInt,
    }
}

diesel::table! {
    epochs (id) {
        id -> BigInt,
        value -> BigInt,
    }
}

diesel::table! {
    secret_epochs (id) {
        id -> BigInt,
        value -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::Key;

    help_audiences (thing_id, organization_id) {
        thing_id -> Key,
        organization_id -> Key,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    announcements (id) {
        id -> Key,
        title -> Text,
        body -> Text,
        audience -> Text,
        importance -> Text,
        draft -> Bool,
        from_at -> Moment,
        until_at -> Nullable<Moment>,
        created_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    announcement_reads (person_id, announcement_id) {
        person_id -> Key,
        announcement_id -> Key,
        read_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    tutorials (id) {
        id -> Key,
        title -> Text,
        body -> Text,
        audience -> Text,
        starts_at -> Moment,
        ends_at -> Moment,
        time_zone -> Text,
        places -> Nullable<BigInt>,
        taken -> BigInt,
        place_or_link -> Text,
        registration_until -> Nullable<Moment>,
        canceled_at -> Nullable<Moment>,
        cancel_reason -> Nullable<Text>,
        remind_at -> Nullable<Moment>,
        created_at -> Moment,
        changed_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    tutorial_registrations (id) {
        id -> Key,
        tutorial_id -> Key,
        person_id -> Key,
        organization_id -> Key,
        has_place -> Bool,
        registered_at -> Moment,
        placed_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    tools (id) {
        id -> Key,
        title -> Text,
        description -> Nullable<Text>,
        href -> Text,
        audience -> Text,
        position -> BigInt,
        created_at -> Moment,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    text_templates (id) {
        id -> Key,
        name -> Text,
        sort_name -> Text,
        purpose -> Text,
        language -> Text,
        line_of_business_id -> Nullable<Key>,
        body -> Text,
        created_at -> Moment,
        version -> BigInt,
    }
}

diesel::joinable!(escalation_targets -> escalations (escalation_id));
diesel::joinable!(tutorial_registrations -> tutorials (tutorial_id));
diesel::joinable!(tutorial_registrations -> people (person_id));
diesel::joinable!(tutorial_registrations -> organizations (organization_id));

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    attachments (id) {
        id -> Key,
        organization_id -> Key,
        uploaded_by -> Key,
        uploaded_at -> Moment,
        attached_at -> Nullable<Moment>,
        case_id -> Nullable<Key>,
        entry_id -> Nullable<Key>,
        position -> BigInt,
        name -> Text,
        media_type -> Text,
        bytes -> BigInt,
        sha256 -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    articles (id) {
        id -> Key,
        slug -> Text,
        title -> Text,
        sort_title -> Text,
        summary -> Nullable<Text>,
        body -> Text,
        category -> Text,
        category_key -> Text,
        audience -> Text,
        state -> Text,
        newest_version -> BigInt,
        shown_version -> BigInt,
        changed_by -> Key,
        changed_at -> Moment,
        published_at -> Nullable<Moment>,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    article_versions (article_id, number) {
        article_id -> Key,
        number -> BigInt,
        title -> Text,
        summary -> Nullable<Text>,
        body -> Text,
        written_by -> Key,
        written_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::Key;

    article_words (word, article_id) {
        word -> Text,
        article_id -> Key,
        weight -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    article_votes (article_id, person_id) {
        article_id -> Key,
        person_id -> Key,
        helpful -> Bool,
        comment -> Nullable<Text>,
        voted_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    escalation_guide (id) {
        id -> BigInt,
        links -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    drafts (person_id, organization_id, place) {
        person_id -> Key,
        organization_id -> Key,
        place -> Text,
        case_id -> Nullable<Key>,
        body -> Text,
        visibility -> Nullable<Text>,
        updated_at -> Moment,
        version -> BigInt,
        fields -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::sql_types::{Key, Moment};

    undoable_entries (entry_id) {
        entry_id -> Key,
        until -> Moment,
        bound_to_stay -> Bool,
        touched -> Nullable<Text>,
        status_from -> Nullable<Text>,
        status_to -> Nullable<Text>,
        case_version -> Nullable<BigInt>,
    }
}

diesel::joinable!(article_words -> articles (article_id));

diesel::allow_tables_to_appear_in_same_query!(
    attachments,
    calendars,
    lines_of_business,
    organizations,
    people,
    role_grants,
    sessions,
    api_tokens,
    sign_in_attempts,
    setup_links,
    idempotency_keys,
    counters,
    policies,
    escalation_reasons,
    cases,
    priority_requests,
    escalations,
    feed_entries,
    feed_reads,
    undoable_entries,
    drafts,
    callbacks,
    radar_warnings,
    next_steps,
    audit_chain,
    audit_events,
    notices,
    notice_tries,
    mail_outages,
    roles,
    access_groups,
    access_group_members,
    pairings,
    pairing_members,
    pairing_role_requests,
    pairing_visits,
    pairing_visit_events,
    recent_errors,
    saved_filters,
    clients,
    clones,
    line_grants,
    one_time_links,
    feed_stances,
    list_columns,
    notice_preferences,
    digest_items,
    second_factors,
    recovery_codes,
    known_devices,
    password_reset_requests,
    access_requests,
    articles,
    article_versions,
    article_words,
    article_votes,
    escalation_guide,
    write_probes,
    epochs,
    secret_epochs,
    target_rules,
    duty_rules,
    duty_shifts,
    duty_absences,
    duty_turns,
    escalation_targets,
    target_tellings,
    help_audiences,
    announcements,
    announcement_reads,
    tutorials,
    tutorial_registrations,
    tools,
    text_templates,
);
