-- Who settled which wording of a quote stands is asked of the audit log.
create index audit_log_settled on audit_log (object, happened_at) where action = 'settle wording';
