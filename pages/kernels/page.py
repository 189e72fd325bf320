import streamlit as st
from pages.ui.i18n import t
st.title(t("kernels.title"))
st.write({k:str(v) for k,v in st.session_state.items()})
