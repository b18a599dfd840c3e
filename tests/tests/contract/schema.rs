//! Both schemas, held against what is written down in `schema/`.
//!
//! Where a migration changes them on purpose, write them anew:
//! `KOFFIEKAR_WRITE_SCHEMA=1 cargo xtask test --only fast -- schema`.

use std::path::Path;

use koffiekar_server::store::Store;
use koffiekar_tests::rows::Rows;
use koffiekar_tests::server::Place;

/// FTS5 keeps its index in tables of its own, and the migrations are counted by sqlx.
const SQLITE: &str = "
    with tables as (
        select name, sql from sqlite_master
        where type = 'table' and name not like '%\\_search\\__%' escape '\\'
            and name not like '\\_sqlx%' escape '\\' and name not like 'sqlite%'),
    lines as (
        select t.name as tab, 1 as part, 'column ' || c.name || ' '
            || case lower(c.type) when 'blob' then 'bytes' when 'integer' then 'int'
                when 'text' then 'text' else 'terms' end
            || case when c.\"notnull\" or c.pk > 0 then '' else ' or null' end
            || coalesce(' default ' || replace(c.dflt_value, 'false', '0'), '') as line
        from tables t, pragma_table_info(t.name) c
        union all
        select tab, 2, 'primary key ' || group_concat(name, ', ') from (
            select t.name as tab, c.name as name from tables t, pragma_table_info(t.name) c
            where c.pk > 0 order by t.name, c.pk)
        group by tab
        union all
        select t.name, 3, 'key ' || f.\"from\" || ' of ' || f.\"table\" || ' (' || f.\"to\" || ')'
        from tables t, pragma_foreign_key_list(t.name) f
        union all
        select t.name, 4, 'check ' || substr(t.sql, instr(t.sql, ' check (') + 8,
            instr(substr(t.sql, instr(t.sql, ' check (') + 8), ')') - 1)
        from tables t where t.sql like '% check (%'
        union all
        select t.name, 5,
            case when i.\"unique\" then 'unique ' else '' end || 'index '
            || case i.origin when 'c' then i.name || ' ' else '' end
            || '(' || (select group_concat(name, ', ') from
                (select name from pragma_index_info(i.name) order by seqno)) || ')'
            || case when i.partial then (select substr(sql, instr(sql, ' where '))
                from sqlite_master where name = i.name) else '' end
        from tables t, pragma_index_list(t.name) i where i.origin <> 'pk'
    )
    select line from (
        select name as tab, 0 as part, 'table ' || name as line from tables
        union all
        select tab, part, '    ' || line from lines)
    order by tab, part, line";

const POSTGRES: &str = "
    with tables as (
        select c.oid, c.relname::text as name from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
            and c.relname not like '\\_sqlx%'),
    lines as (
        select t.name as tab, 1 as part, 'column ' || a.attname || ' '
            || case format_type(a.atttypid, a.atttypmod) when 'bytea' then 'bytes'
                when 'bigint' then 'int' when 'boolean' then 'bool' when 'text' then 'text'
                when 'tsvector' then 'terms' else format_type(a.atttypid, a.atttypmod) end
            || case when a.attnotnull then '' else ' or null' end
            || coalesce(' default ' || replace(replace(pg_get_expr(d.adbin, d.adrelid),
                'false', '0'), '::text', ''), '') as line
        from tables t join pg_attribute a on a.attrelid = t.oid
        left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
        where a.attnum > 0 and not a.attisdropped
        union all
        select t.name, case c.contype when 'p' then 2 when 'f' then 3 when 'c' then 4 else 5 end,
            case c.contype
                when 'p' then 'primary key ' || names.list
                when 'f' then 'key ' || names.list || ' of ' || c.confrelid::regclass || ' ('
                    || (select string_agg(a.attname, ', ' order by k.at)
                        from unnest(c.confkey) with ordinality k (num, at)
                        join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.num) || ')'
                when 'c' then 'check ' || replace(replace(replace(
                    pg_get_constraintdef(c.oid), 'CHECK ((', ''), '))', ''), '::text', '')
                when 'u' then 'unique index (' || names.list || ')'
            end
        from tables t join pg_constraint c on c.conrelid = t.oid
        join lateral (
            select string_agg(a.attname, ', ' order by k.at) as list
            from unnest(c.conkey) with ordinality k (num, at)
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.num) names on true
        where c.contype in ('p', 'f', 'c', 'u')
        union all
        select t.name, 5,
            case when i.indisunique then 'unique ' else '' end || 'index ' || x.relname || ' ('
            || (select string_agg(trim('\"' from pg_get_indexdef(i.indexrelid, k, true)), ', '
                    order by k)
                from generate_series(1, i.indnkeyatts) k) || ')'
            || coalesce(' where ' || lower(replace(replace(replace(
                pg_get_expr(i.indpred, i.indrelid), '(', ''), ')', ''), '::text', '')), '')
            || case m.amname when 'btree' then '' else ' using ' || m.amname end
        from tables t join pg_index i on i.indrelid = t.oid
        join pg_class x on x.oid = i.indexrelid
        join pg_am m on m.oid = x.relam
        where not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid
            and c.contype in ('p', 'u'))
    )
    select line from (
        select name as tab, 0 as part, 'table ' || name as line from tables
        union all
        select tab, part, '    ' || line from lines
        union all
        select 'zz' || sequencename, 0, 'sequence ' || sequencename from pg_sequences) all_lines
    order by tab collate \"C\", part, line collate \"C\"";

async fn schema(place: Place) -> Vec<String> {
    let store = Store::open(&place.address()).await.unwrap();
    store.close().await;
    let statement = match place {
        Place::Sqlite(_) => SQLITE,
        Place::Postgres(_) => POSTGRES,
    };
    Rows::of(&place).await.texts(statement).await
}

/// Fails where the schema is another one than is written down.
fn as_written_down(name: &str, schema: &[String]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/schema");
    let (file, text) = (folder.join(name), schema.join("\n") + "\n");
    if std::env::var_os("KOFFIEKAR_WRITE_SCHEMA").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    let differs = written
        .lines()
        .zip(text.lines())
        .find(|(one, other)| one != other);
    assert!(
        written == text,
        "{name} is another one; the first line that differs: {differs:?}"
    );
}

#[tokio::test]
async fn the_schemas_are_those_that_are_written_down() {
    as_written_down("sqlite.txt", &schema(Place::sqlite()).await);
    as_written_down("postgres.txt", &schema(Place::postgres().await).await);
}

/// Alike but for `bool`, which is a number for SQLite, and the full-text index.
#[tokio::test]
async fn both_have_the_same_tables_columns_keys_and_indexes() {
    let alike = |lines: Vec<String>| -> Vec<String> {
        let mut table = String::new();
        let mut all = Vec::new();
        for line in lines {
            if !line.starts_with(' ') {
                table.clone_from(&line);
            }
            let of_search = table == "table quote_search" || table.starts_with("sequence");
            if !of_search {
                all.push(line.replace(" bool", " int"));
            }
        }
        all
    };
    let sqlite = alike(schema(Place::sqlite()).await);
    let postgres = alike(schema(Place::postgres().await).await);
    assert!(sqlite.len() > 150, "only {} lines", sqlite.len());
    assert_eq!(sqlite, postgres);
}
