//! An assessment on paper: each instant in the customer's zone and in UTC, each finding with what it was decided on.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta};
use serde_json::Value;

use super::{Asked, Reasoned};
use crate::domain::Instant;
use crate::domain::calendar::{Replay, Unit};
use crate::domain::case::{BusinessImpact, Deployment, Priority, Status};
use crate::domain::eligibility::CaseFacts;
use crate::words::Catalogue;
use crate::words::assessment::{AssessmentView, FindingView};
use crate::words::time::{Times, duration};

/// All of it, several lines.
pub fn of(words: &Catalogue, asked: &Asked) -> String {
    let paper = Paper {
        words,
        times: Times::new(words, asked.zone, asked.at),
    };
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = paper.head(&mut out, asked);
    for reasoned in &asked.reasons {
        let _ = paper.reason(&mut out, reasoned);
    }
    out
}

struct Paper<'w> {
    words: &'w Catalogue,
    times: Times<'w>,
}

impl Paper<'_> {
    fn head(&self, out: &mut String, asked: &Asked) -> std::fmt::Result {
        let case = &asked.case.case;
        writeln!(out, "{}  {}", case.number, case.subject)?;
        writeln!(
            out,
            "{}, opened by {} on {}",
            asked.case.organization.name,
            asked.case.opened_by.name,
            self.instant(case.opened_at)
        )?;
        let when = match asked.at.cmp(&asked.now) {
            std::cmp::Ordering::Less => "as it stood at",
            std::cmp::Ordering::Equal => "as it stands at",
            std::cmp::Ordering::Greater => "as it will be, if nothing happens, at",
        };
        writeln!(
            out,
            "Assessed for {}, {when} {}",
            asked.person,
            self.instant(asked.at)
        )?;
        self.facts(out, &asked.facts)
    }

    fn facts(&self, out: &mut String, facts: &CaseFacts) -> std::fmt::Result {
        let of = |family: &str, member: &str| self.words.say_of(family, member, &[]);
        let (priority, status): (Priority, Status) = (facts.priority, facts.status);
        let (impact, deployment): (BusinessImpact, Deployment) =
            (facts.business_impact, facts.deployment);
        writeln!(
            out,
            "\n  Priority            {}\n  Status              {}\n  Business impact     {}\n  Deployment          {}",
            of("priority", priority.as_str()),
            of("status", status.as_str()),
            of("impact", impact.as_str()),
            of("deployment", deployment.as_str()),
        )?;
        for party in &facts.engagements {
            writeln!(
                out,
                "  Waits also for      {}",
                of("engagement", party.as_str())
            )?;
        }
        let updated = match facts.last_provider_entry_at {
            Some(at) => self.both(at),
            None => "none yet; the opening counts".to_owned(),
        };
        writeln!(out, "  Support's update    {updated}")?;
        if facts.last_provider_entry_at.is_some() {
            let read = facts
                .read_at
                .map_or("not yet".to_owned(), |at| self.both(at));
            writeln!(out, "  Read by them        {read}")?;
        }
        if let Some(rca) = &facts.rca {
            writeln!(out, "  Analysis requested  {}", self.both(rca.requested_at))?;
            if let Some(at) = rca.delivered_at {
                writeln!(out, "  Analysis delivered  {}", self.both(at))?;
            }
        }
        for promise in &facts.promises {
            writeln!(
                out,
                "  Promised            {}, by {} ({})",
                promise.what,
                self.both(promise.due_at),
                promise.state
            )?;
        }
        Ok(())
    }

    fn reason(&self, out: &mut String, reasoned: &Reasoned) -> std::fmt::Result {
        let view = AssessmentView::new(self.words, &reasoned.assessment);
        let verdict = self.words.say_of("verdict", view.verdict.as_str(), &[]);
        writeln!(out, "\n{} ({}): {verdict}", reasoned.label, view.reason)?;
        if let Some(at) = view.eligible_at {
            writeln!(out, "  Can be escalated from {}", self.both(at))?;
        }
        for finding in &view.findings {
            self.finding(out, finding)?;
        }
        match &reasoned.replay {
            Some(replay) => self.replay(out, replay),
            None => Ok(()),
        }
    }

    fn finding(&self, out: &mut String, finding: &FindingView) -> std::fmt::Result {
        let severity = self
            .words
            .say_of("severity", finding.severity.as_str(), &[]);
        writeln!(out, "  - {}", finding.message)?;
        writeln!(out, "    {severity}: {}, {}", finding.rule, finding.code)?;
        for (name, value) in finding.facts.iter().filter(|(_, value)| !value.is_null()) {
            writeln!(out, "    {name}: {}", self.fact(value))?;
        }
        if let Some(at) = finding.eligible_at {
            writeln!(out, "    Passes at {}", self.both(at))?;
        }
        if let Some(remedy) = &finding.remedy {
            let place = remedy.href.as_deref().map(|href| format!(": {href}"));
            writeln!(out, "    {}{}", remedy.text, place.unwrap_or_default())?;
        }
        Ok(())
    }

    fn fact(&self, value: &Value) -> String {
        match value {
            Value::String(text) => match DateTime::parse_from_rfc3339(text) {
                Ok(at) => self.instant(at.to_utc()),
                Err(_) => text.clone(),
            },
            Value::Array(values) => {
                let values: Vec<String> = values.iter().map(|value| self.fact(value)).collect();
                values.join(", ")
            }
            other => other.to_string(),
        }
    }

    /// What of the deadline's window has counted, piece by piece.
    fn replay(&self, out: &mut String, replay: &Replay) -> std::fmt::Result {
        let amount = |amount: i64| match replay.unit {
            Unit::BusinessDays if amount == 1 => "1 business day".to_owned(),
            Unit::BusinessDays => format!("{amount} business days"),
            Unit::BusinessSeconds | Unit::ElapsedSeconds => {
                duration(self.words, TimeDelta::seconds(amount))
            }
        };
        let left = match replay.remaining {
            0 => "nothing".to_owned(),
            remaining => amount(remaining),
        };
        writeln!(
            out,
            "  Counted {} of {}, {left} left; due {}",
            amount(replay.counted),
            amount(replay.window),
            self.instant(replay.due_at)
        )?;
        for segment in &replay.segments {
            let mark = if segment.counted { '+' } else { ' ' };
            let why = self.words.say_of("why", segment.why.as_str(), &[]);
            let name = segment.name.as_ref().map(|name| format!(" ({name})"));
            writeln!(
                out,
                "    {mark} {} to {}: {why}{}",
                self.local(segment.from),
                self.local(segment.to),
                name.unwrap_or_default()
            )?;
        }
        Ok(())
    }

    /// In the customer's zone, in UTC, and how far away it is.
    fn both(&self, at: Instant) -> String {
        format!("{}, {}", self.instant(at), self.times.relative(at))
    }

    /// In the customer's zone and in UTC.
    fn instant(&self, at: Instant) -> String {
        format!("{} ({})", self.times.absolute(at), utc(at))
    }

    fn local(&self, at: Instant) -> String {
        let local = at.with_timezone(&self.times.zone());
        local.format("%Y-%m-%d %H:%M").to_string()
    }
}

fn utc(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}
