//! The declaration of an input.

/// Declares an input: a struct of domain types that is read with every fault named, and that the published document
/// knows.
///
/// ```ignore
/// input! {
///     /// Opens a case.
///     pub struct OpenCase {
///         /// One line.
///         subject: Subject,
///         /// The provider's staff may open a case for a customer.
///         organization: Option<OrganizationRef>,
///     }
/// }
/// ```
macro_rules! input {
    (
        $(#[doc = $doc:expr])+
        $(#[derive($($derive:ident),+)])?
        pub struct $name:ident {
            $( $(#[doc = $field_doc:expr])+ $field:ident: $type:ty, )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug $($(, $derive)+)?)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $type, )*
        }

        #[allow(
            dead_code,
            clippy::should_implement_trait,
            reason = "not every field stands on a page, and some are called like methods of the standard library"
        )]
        impl $name {
            $(
                /// The declaration of this field.
                pub fn $field() -> $crate::input::Declared {
                    $crate::input::Declared::of::<$type>(stringify!($field))
                }
            )*
        }

        impl $crate::input::Field for $name {
            const MOST_BYTES: usize = 64
                $( + stringify!($field).len() + 16 + <$type as $crate::input::Field>::MOST_BYTES )*;

            fn read(
                value: &serde_json::Value,
                at: &$crate::input::At<'_>,
                errors: &mut $crate::input::Errors,
            ) -> Option<Self> {
                #[allow(unused_mut)]
                let mut members = $crate::input::Members::of(value, at, errors)?;
                $( let $field = members.take::<$type>($crate::input::name_of(stringify!($field))); )*
                members.close();
                Some(Self { $( $field: $field?, )* })
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::Ref::from_schema_name(stringify!($name)).into()
            }

            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                let doc = concat!($($doc, "\n"),+).trim();
                let schema = $crate::input::object_schema(doc, <Self as $crate::input::Input>::members());
                schemas.push((stringify!($name).to_owned(), schema));
                $( <$type as $crate::input::Field>::schemas(schemas); )*
            }
        }

        impl $crate::input::Input for $name {
            fn members() -> Vec<$crate::input::Member> {
                vec![$( $crate::input::Member {
                    name: $crate::input::name_of(stringify!($field)),
                    doc: concat!($($field_doc, "\n"),+).trim().to_owned(),
                    required: <$type as $crate::input::Field>::REQUIRED,
                    schema: <$type as $crate::input::Field>::schema(),
                }, )*]
            }
        }
    };
}

pub(crate) use input;
