//! The declaration of a request type.

/// Declares a request type: a struct of domain types that is read from JSON with every fault named, and that the
/// published document knows.
///
/// ```ignore
/// request! {
///     /// Opens a case.
///     pub struct OpenCase {
///         /// One line.
///         subject: Subject,
///         /// The provider's staff may open a case for a customer.
///         organization: Option<OrganizationRef>,
///     }
/// }
/// ```
macro_rules! request {
    (
        $(#[doc = $doc:expr])+
        pub struct $name:ident {
            $( $(#[doc = $field_doc:expr])+ $field:ident: $type:ty, )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $type, )*
        }

        impl $crate::http::fields::Field for $name {
            const MOST_BYTES: usize = 64
                $( + stringify!($field).len() + 16 + <$type as $crate::http::fields::Field>::MOST_BYTES )*;

            fn read(
                value: &serde_json::Value,
                at: &$crate::http::fields::At<'_>,
                errors: &mut $crate::http::fields::Errors,
            ) -> Option<Self> {
                #[allow(unused_mut)]
                let mut members = $crate::http::fields::Members::of(value, at, errors)?;
                $( let $field = members.take::<$type>($crate::http::fields::name_of(stringify!($field))); )*
                members.close();
                Some(Self { $( $field: $field?, )* })
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::Ref::from_schema_name(stringify!($name)).into()
            }

            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                let doc = concat!($($doc, "\n"),+).trim();
                let schema = $crate::http::fields::object_schema(doc, <Self as $crate::http::fields::Request>::members());
                schemas.push((stringify!($name).to_owned(), schema));
                $( <$type as $crate::http::fields::Field>::schemas(schemas); )*
            }
        }

        impl $crate::http::fields::Request for $name {
            fn members() -> Vec<$crate::http::fields::Member> {
                vec![$( $crate::http::fields::Member {
                    name: $crate::http::fields::name_of(stringify!($field)),
                    doc: concat!($($field_doc, "\n"),+).trim().to_owned(),
                    required: <$type as $crate::http::fields::Field>::REQUIRED,
                    schema: <$type as $crate::http::fields::Field>::schema(),
                }, )*]
            }
        }
    };
}

pub(crate) use request;
