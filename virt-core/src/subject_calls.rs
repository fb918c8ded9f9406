//! The calls of a handle: those of its connection, whose errors name what the handle is of.

/// The method `call` of a handle: where its connection is, and what its errors are about.
macro_rules! subject_calls {
    ($connection:expr, $subject:expr) => {
        $crate::subject_calls::subject_calls!(, $connection, $subject);
    };
    ($visible:vis, $connection:expr, $subject:expr) => {
        $visible async fn call<T, F>(
            &self,
            operation: &'static str,
            class: $crate::deadline::CallClass,
            work: impl FnOnce($crate::deadline::CallContext, ::std::sync::Arc<dyn $crate::driver::ConnectionDriver>) -> F,
        ) -> $crate::error::Result<T>
        where
            F: ::std::future::Future<Output = $crate::error::Result<T>>,
        {
            let connection: fn(&Self) -> &$crate::connection::Connection = $connection;
            let subject: fn(&Self) -> $crate::error::Subject = $subject;
            connection(self)
                .call(operation, class, work)
                .await
                .map_err(|error| error.with_subject(subject(self)))
        }
    };
}

pub(crate) use subject_calls;
