//! Troubles in Chinese. What the system or a server says stands as it is.

use super::{Clock, Words, by_hand, bytes, percent};
use crate::daemon::health::trouble::{Trouble, What};
use crate::source::Failure;
use crate::store::JobName;

#[expect(clippy::too_many_lines, reason = "a table: an arm for each trouble")]
pub(super) fn words(trouble: &Trouble, clock: Clock) -> Words {
    let since = trouble.since.map(|since| clock.minute(since)).unwrap_or_default();
    let (problem, remedy) = match &trouble.what {
        What::NoFeeds { lost: false, .. } => {
            ("还没有生成任何订阅源".to_owned(), "请运行 headwater regen".to_owned())
        }
        What::NoFeeds { folder, lost: true } => (
            format!("{folder} 里的订阅源不见了"),
            "请运行 headwater regen 重新生成，并查明是谁删除的".to_owned(),
        ),
        What::NoArticles => (
            "没有已发布的文章".to_owned(),
            "请检查 articles.dir，以及文章是否都成了草稿".to_owned(),
        ),
        What::StaleArticles { newest } => (
            format!("最新的文章已是 {} 天前的（{}）", clock.days(*newest), clock.day(*newest)),
            "请查看发布是否已停止，或调大 alerts.stale_after".to_owned(),
        ),
        What::StaleSource { id, newest } => (
            format!(
                "来源 {id} 已有 {} 天没有新内容（最近一条：{}）",
                clock.days(*newest),
                clock.day(*newest)
            ),
            format!(
                "请查看它是否已搬家；也可在来源列表里改 stale_after，或 headwater sources disable {id}"
            ),
        ),
        What::StaleFeed { path, newest } => (
            format!(
                "订阅源 {path} 的最新条目已是 {} 天前的（{}）",
                clock.days(*newest),
                clock.day(*newest)
            ),
            "请发布新文章，或修改 alerts.stale_after.feeds".to_owned(),
        ),
        What::SourceFailing { id, failures, failure: kind, error, last_good } => {
            let good = last_good
                .map_or("从未成功".to_owned(), |time| format!("上次成功：{}", clock.day(time)));
            let since = if since.is_empty() { String::new() } else { format!("自 {since} 起") };
            (
                format!(
                    "来源 {id} {since}已连续失败 {failures} 次（{}）：{error}（{good}）",
                    failure(*kind)
                ),
                format!("请更正地址，或 headwater sources disable {id}"),
            )
        }
        What::SourceGone { id } => (
            format!("来源 {id} 已永久消失"),
            format!("请 headwater sources remove {id}，或换一个地址"),
        ),
        What::SourceList { reason } => (
            format!("来源列表无法读取，已停止抓取：{reason}"),
            "请更正；headwater check 会列出所有错误".to_owned(),
        ),
        What::DiskFull { holds, folder, free, size } => (
            format!(
                "存放 {holds} 的磁盘（{folder}）快满了：剩余 {}，共 {}（{}%）",
                bytes(*free),
                bytes(*size),
                percent(*free, *size)
            ),
            "请腾出空间；fetch.raw_days: 0 可少存一些".to_owned(),
        ),
        What::InodesLow { holds, folder, free } => (
            format!("存放 {holds} 的磁盘（{folder}）只能再建 {free} 个文件（inode 将用尽）"),
            "请删除小文件，或换用 inode 更多的文件系统".to_owned(),
        ),
        What::Unwritable { folder, key, reason } => {
            (format!("{folder} 无法写入：{reason}"), format!("请腾出空间，或修改权限（见 {key}）"))
        }
        What::Damaged { file, reason } => (
            format!("数据库 {file} 已损坏：{reason}"),
            "请停止 headwater，并用 headwater restore FILE 恢复备份".to_owned(),
        ),
        What::ClockWrong => (
            format!("本机时钟显示 {}，早于本程序的编写时间", clock.minute(clock.now)),
            "请校正时钟（timedatectl）".to_owned(),
        ),
        What::ClockAhead { latest } => (
            format!("最近一条内容的时间是 {}，在未来：时钟现在或曾经有误", clock.minute(*latest)),
            "请校正时钟（timedatectl）；下次维护会更正这些时间".to_owned(),
        ),
        What::JobFailed { job, error } => (
            format!("上一次{}失败：{error}", name(*job)),
            format!("请排除原因，再运行 {}", by_hand(*job)),
        ),
        What::JobUnfinished { job, alive: true } => (
            format!("{since} 开始的{}至今没有结束", name(*job)),
            "请从日志查看它在等什么，并重启服务".to_owned(),
        ),
        What::JobUnfinished { job, alive: false } => (
            format!("{since} 开始的{}没有完成：进程已退出", name(*job)),
            format!("请查看当时的日志，再运行 {}", by_hand(*job)),
        ),
        What::JobOverdue { job, last } => {
            let last = last.map_or("从未运行".to_owned(), |last| {
                let days = clock.days(last);
                let ago = if days > 1 { format!("，{days} 天前") } else { String::new() };
                format!("上次：{}{ago}", clock.minute(last))
            });
            (
                format!("{}没有按计划运行（{last}；应于 {since} 运行）", name(*job)),
                format!(
                    "请启动服务（headwater run，systemctl status headwater），或把 schedule.{job} 改成实际的安排"
                ),
            )
        }
        What::Standstill { reason } => (
            format!("服务停住不动：{reason}"),
            "请从日志查看它在等什么，并重启服务（systemctl restart headwater）".to_owned(),
        ),
        What::FeedInvalid { file, reason } => (
            format!("订阅源 {file} 无法解析：{reason}"),
            "请运行 headwater regen 重新生成，并查明还有谁在写这个目录".to_owned(),
        ),
        What::FeedEmpty { file } => (
            format!("订阅源 {file} 原来有条目，现在是空的"),
            "请查看文章是否丢失或都成了草稿，再运行 headwater regen".to_owned(),
        ),
        What::FeedsMissing { file, count } => (
            format!("缺少 {count} 个订阅源文件，例如 {file}"),
            "请运行 headwater regen 重新生成，并查明是谁删除的".to_owned(),
        ),
        What::Hub { hub, reason } => {
            (format!("{since} 起，Hub {hub} 没有接收更新：{reason}"), "请检查 feeds.hub".to_owned())
        }
        What::Undelivered { reason } => (
            format!("{since} 起，告警无法送达：{reason}"),
            "请检查 alerts.webhook，并用 headwater status --test-alert 试发".to_owned(),
        ),
        What::Configuration { reason } => (
            format!("修改后的配置被拒绝，仍在使用原来的配置：{reason}"),
            "请更正后重新加载；headwater check 会列出所有错误".to_owned(),
        ),
        What::Unreadable { what, reason } => (
            format!("{}无法读取：{reason}", if *what == "articles" { "文章" } else { "数据库" }),
            "请检查它是否存在、是否可读".to_owned(),
        ),
    };
    Words { problem, remedy }
}

fn name(job: JobName) -> &'static str {
    match job {
        JobName::Regen => "生成订阅源（regen）",
        JobName::Fetch => "抓取来源（fetch）",
        JobName::Suggest => "推荐引用（suggest）",
    }
}

fn failure(kind: Failure) -> &'static str {
    match kind {
        Failure::Name => "域名解析失败",
        Failure::Connection => "连接失败",
        Failure::Tls => "TLS 失败",
        Failure::Timeout => "超时",
        Failure::Refused => "被拒绝",
        Failure::Missing => "地址不存在",
        Failure::TooMany => "请求过多",
        Failure::Client => "HTTP 4xx",
        Failure::Server => "HTTP 5xx",
        Failure::NotAFeed => "不是订阅源",
        Failure::TooLarge => "内容过大",
        Failure::Redirects => "重定向过多",
        Failure::Private => "内网地址",
        Failure::Settings => "来源列表有误",
        Failure::File => "文件无法读取",
        Failure::Other => "其他原因",
    }
}
