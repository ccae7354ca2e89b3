"""Drawing: Folium pages, styles and the browser modules.  Knows values, opens no database session."""
